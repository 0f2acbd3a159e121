using Gateway.Abstractions.Buses;

namespace Gateway.Linux.Gpio;

/// <summary>A GPIO chip by the kernel's character device, version 2 (kernel 5.10). Thread-safe.</summary>
public sealed class GpioChip : IGpioChip
{
    /// <summary>Who has a line, as others see it.</summary>
    internal const string Consumer = "gateway";

    private readonly GpioChipFile _file;
    private readonly IGpioCalls _calls;
    private readonly TimeProvider _timeProvider;
    private readonly Lock _gate = new();
    private Dictionary<string, int>? _names;

    internal GpioChip(string path, IGpioCalls calls, TimeProvider timeProvider)
    {
        _file = new GpioChipFile(path, calls);
        _calls = calls;
        _timeProvider = timeProvider;
    }

    /// <summary>What it is.</summary>
    public GpioChipInfo Info => _file.Info;

    /// <summary>What its lines are now, in their order.</summary>
    /// <exception cref="LinuxException">The chip is gone.</exception>
    public IReadOnlyList<GpioLineInfo> ListLines() => [.. Enumerable.Range(0, Info.Lines).Select(_file.GetLine)];

    /// <inheritdoc/>
    public int? FindLine(string name)
    {
        lock (_gate)
        {
            // Of two lines of one name the first counts, as with the kernel's own tools.
            _names ??= ListLines().Where(line => line.Name.Length > 0).DistinctBy(line => line.Name).ToDictionary(line => line.Name, line => line.Offset);
            return _names.TryGetValue(name, out var line) ? line : null;
        }
    }

    /// <inheritdoc/>
    public IGpioLines Request(IReadOnlyList<GpioLineSettings> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var taker = new LineTaker(_file, Consumer, _calls, _timeProvider);
        return GpioLines.Take(Info.Name, taker, lines, _calls);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
