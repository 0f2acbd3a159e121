using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Gpio;

/// <summary>
/// A bus's hold on the lines of its chip. All are taken at once and kept; one that cannot be had is left out, and may be tried again for
/// itself. After a fault of the chip all are given back, and taken anew by whoever needs them next. Thread-safe.
/// </summary>
/// <param name="bus">The bus's name.</param>
/// <param name="known">The lines of the map; may be none.</param>
/// <param name="openChip">Opens the chip.</param>
/// <param name="context">Where it logs.</param>
internal sealed class ChipLines(string bus, IReadOnlyList<GpioLine> known, Func<IGpioChip> openChip, DriverContext context) : IAsyncDisposable
{
    private readonly Trouble _trouble = new(message => Log.LinesFailed(context.Logger, bus, message), () => Log.LinesWork(context.Logger, bus));
    private readonly Dictionary<GpioLine, string> _told = [];
    private readonly Dictionary<int, GpioLineSettings> _settings = [];
    private readonly SemaphoreSlim _gate = new(1);
    private volatile IReadOnlyList<GpioLine> _lines = known;
    private IGpioChip? _chip;
    private volatile IGpioLines? _taken;
    private volatile Dictionary<int, GpioLine> _byOffset = [];
    private bool _isPollingTold;

    /// <summary>Whether the map has none.</summary>
    public bool IsEmpty => _lines.Count == 0;

    /// <summary>The lines of the map.</summary>
    public IReadOnlyList<GpioLine> All => _lines;

    /// <summary>What the bus has at present; null: nothing.</summary>
    public IGpioLines? Taken => _taken;

    /// <summary>Whether a line was left out.</summary>
    public bool LacksAny => _lines.Any(line => line.LeftOut is not null);

    /// <summary>The line of an offset that the bus has.</summary>
    public GpioLine? Find(int offset) => _byOffset.GetValueOrDefault(offset);

    /// <summary>Takes all lines that can be had, unless the bus has them already.</summary>
    /// <returns>Null if the map has none.</returns>
    /// <exception cref="IOException">The chip is not there, or may not be used.</exception>
    public async ValueTask<IGpioLines?> TakeAsync(CancellationToken cancellationToken)
    {
        if (_taken is not null || IsEmpty)
        {
            return _taken;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_taken is null)
            {
                _chip ??= openChip();
                Take(_chip);
                _trouble.Tell(null);
            }

            return _taken;
        }
        catch (IOException)
        {
            await CloseAsync();
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Tries once more to take each line that was left out; the others stay as they are.</summary>
    /// <param name="taken">Those that the caller means: nothing happens if the bus has others by now.</param>
    /// <param name="cancellationToken">Ends the waiting for others who take or give back.</param>
    /// <returns>Those that the bus has now.</returns>
    /// <exception cref="IOException">The chip is gone.</exception>
    public async ValueTask<IReadOnlyList<GpioLine>> TakeLeftOutAsync(IGpioLines taken, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return _taken == taken ? [.. _lines.Where(line => line.LeftOut is not null).Where(line => TryAdd(line, taken, begun: []))] : [];
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Makes the lines those of another map. Those that are the same are not touched. What it no longer has is given back, as it is; where the
    /// chip cannot do that alone, as with inputs that were taken together, when the others go.
    /// </summary>
    public async ValueTask ReloadAsync(IReadOnlyList<GpioLine> lines, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var others = lines.Except(_lines).ToList();
            var begun = _lines.Where(line => line.LeftOut is null).SelectMany(line => line.Points).ToHashSet();
            _lines = lines;
            if (_taken is { } taken)
            {
                _byOffset = _byOffset.Where(pair => lines.Contains(pair.Value)).ToDictionary();
                Release(taken);
                others.ForEach(line => TryAdd(line, taken, begun));
            }
        }
        catch (IOException fault)
        {
            await CloseAsync();
            _trouble.Tell(fault.Message);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Gives lines back that failed; somebody else may have taken them anew by now.</summary>
    public async ValueTask GiveUpAsync(IGpioLines? failed, IOException fault, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_taken == failed)
            {
                await CloseAsync();
                _trouble.Tell(fault.Message);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _gate.Dispose();
    }

    private static GpioLineFault NoSuchName(GpioLine line) => new(BusReasons.NotThere, $"The chip has no line named '{line.Name}'; see 'gateway scan gpio'.");

    private static GpioLineFault HadTwice(GpioLine line, GpioLine other) =>
        new(BusReasons.Busy, $"Line '{line.Name}' is line '{other.Name}'; the map may have one of the two names only.");

    private static string NamesOf(GpioLine line) => string.Join(", ", line.Points.Select(point => point.Definition.ToString()));

    private void Take(IGpioChip chip)
    {
        var byOffset = new Dictionary<int, GpioLine>();
        var settings = new List<GpioLineSettings>();
        foreach (var line in _lines)
        {
            if (line.Resolve(chip) is not { } resolved)
            {
                LeaveOut(line, NoSuchName(line));
            }
            else if (!byOffset.TryAdd(resolved.Line, line))
            {
                LeaveOut(line, HadTwice(line, byOffset[resolved.Line]));
            }
            else
            {
                settings.Add(resolved);
            }
        }

        var taken = chip.Request(settings);
        foreach (var (offset, fault) in taken.LeftOut)
        {
            LeaveOut(byOffset[offset], fault);
            byOffset.Remove(offset);
        }

        foreach (var line in settings.Where(line => byOffset.ContainsKey(line.Line)))
        {
            _settings[line.Line] = line;
            byOffset[line.Line].Attach(taken, line.Line);
        }

        _byOffset = byOffset;
        _taken = taken;
        TellPolled(taken);
        foreach (var line in byOffset.Values)
        {
            Begin(line, begun: []);
        }
    }

    // Points that had begun go on where the kernel was told nothing of their line.
    private bool TryAdd(GpioLine line, IGpioLines taken, HashSet<GpioPoint> begun)
    {
        var isTold = true;
        var settings = line.Resolve(_chip!);
        var fault = settings is null ? NoSuchName(line)
            : Find(settings.Line) is { } other ? HadTwice(line, other)
            : Obtain(settings, taken, out isTold);
        if (fault is not null)
        {
            LeaveOut(line, fault);
            return false;
        }

        _settings[settings!.Line] = settings;
        line.Attach(taken, settings.Line);
        _byOffset = new Dictionary<int, GpioLine>(_byOffset) { [settings.Line] = line };
        TellPolled(taken);
        Begin(line, isTold ? [] : begun);
        return true;
    }

    // Not those that the map has by another name now.
    private void Release(IGpioLines taken)
    {
        var wanted = _lines.Select(line => line.Resolve(_chip!)?.Line).ToHashSet();
        foreach (var offset in _settings.Keys.Where(offset => !wanted.Contains(offset)).ToList())
        {
            _settings.Remove(offset);
            if (!taken.Release(offset))
            {
                Log.LineStaysTaken(context.Logger, bus, offset);
            }
        }
    }

    // A line that the bus has had for something else is made what it is to be now.
    private GpioLineFault? Obtain(GpioLineSettings settings, IGpioLines taken, out bool isTold)
    {
        isTold = true;
        if (!_settings.TryGetValue(settings.Line, out var before))
        {
            return taken.Add(settings);
        }

        isTold = before with { InitialValue = settings.InitialValue } != settings;
        if (isTold && taken.Change(settings) is { } fault)
        {
            return fault;
        }

        if (settings is { Direction: GpioDirection.Output, InitialValue: { } value } && taken.Read(settings.Line) != value)
        {
            taken.Write(settings.Line, value);
        }

        return null;
    }

    private void Begin(GpioLine line, HashSet<GpioPoint> begun)
    {
        if (_told.Remove(line))
        {
            Log.LineTaken(context.Logger, bus, NamesOf(line));
        }

        foreach (var point in line.Points.Where(point => !begun.Contains(point)))
        {
            point.Begin();
        }
    }

    private void LeaveOut(GpioLine line, GpioLineFault fault)
    {
        line.LeaveOut(fault);
        foreach (var device in line.Points.Select(point => point.Definition.DeviceName).Distinct())
        {
            context.Errors.Count(device, fault.Reason);
        }

        if (_told.GetValueOrDefault(line) != fault.Message)
        {
            _told[line] = fault.Message;
            Log.LineLeftOut(context.Logger, bus, NamesOf(line), fault.Message);
        }
    }

    // Once: a chip that comes back has no more interrupts than before.
    private void TellPolled(IGpioLines taken)
    {
        string[] names = [.. taken.Polled.Select(Find).OfType<GpioLine>().Select(NamesOf)];
        if (names.Length > 0 && !_isPollingTold)
        {
            _isPollingTold = true;
            Log.LinesArePolled(context.Logger, bus, string.Join(", ", names));
        }
    }

    private async ValueTask CloseAsync()
    {
        _settings.Clear();
        foreach (var line in _lines)
        {
            line.Detach();
        }

        if (_taken is { } taken)
        {
            _taken = null;
            await taken.DisposeAsync();
        }

        if (_chip is { } chip)
        {
            _chip = null;
            await chip.DisposeAsync();
        }
    }
}
