using System.Device.Gpio;
using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.DotnetIot.Adapters;

/// <summary>
/// One pin. A request cannot be changed, so another mode is another request: the line is free for a moment between the two.
/// Edges are asked for when the first callback is added, and until the pin gets another mode or is closed. Thread-safe.
/// </summary>
/// <param name="driver">Who tells of changes.</param>
/// <param name="chip">The chip.</param>
/// <param name="number">The line's offset.</param>
internal sealed class HardwareGpioPin(GpioDriver driver, IGpioChip chip, int number) : IDisposable
{
    private const int EdgesAtOnce = 16;

    private readonly Lock _gate = new();
    private List<(PinEventTypes Types, PinChangeEventHandler Callback)> _callbacks = []; // never changed, only replaced
    private IGpioLines? _lines;
    private CancellationTokenSource? _edges;
    private Task _telling = Task.CompletedTask;
    private volatile int _callingThread;
    private bool _isDisposed;

    /// <summary>Input until another one is set.</summary>
    public PinMode Mode { get; private set; } = PinMode.Input;

    /// <summary>Takes the line anew.</summary>
    /// <param name="mode">The mode.</param>
    /// <param name="initialValue">What an output begins with; null: the level that the line has.</param>
    public void SetMode(PinMode mode, bool? initialValue)
    {
        lock (_gate)
        {
            Release();
            Mode = mode;
            Request(initialValue);
        }
    }

    public PinValue Read() => Lines().Read(number);

    public void Write(bool value) => Lines().Write(number, value);

    public void AddCallback(PinEventTypes types, PinChangeEventHandler callback)
    {
        lock (_gate)
        {
            _callbacks = [.. _callbacks, (types, callback)];
            if (_edges is null && Mode != PinMode.Output)
            {
                Release();
                Request(initialValue: null);
            }
        }
    }

    public void RemoveCallback(PinChangeEventHandler callback)
    {
        lock (_gate)
        {
            _callbacks = [.. _callbacks.Where(other => other.Callback != callback)];
        }
    }

    /// <summary>Gives the line back, and waits for a callback that is under way, unless that is who disposes.</summary>
    public void Dispose()
    {
        Task telling;
        lock (_gate)
        {
            _isDisposed = true;
            Release();
            telling = _telling;
        }

        // Not under the lock: a callback may read its pin.
        if (_callingThread != Environment.CurrentManagedThreadId)
        {
            Blocking.Wait(telling);
        }
    }

    private IGpioLines Lines()
    {
        lock (_gate)
        {
            return _lines ?? Request(initialValue: null);
        }
    }

    private IGpioLines Request(bool? initialValue)
    {
        // A callback that was under way must not take the line again.
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var withEdges = _callbacks.Count > 0 && Mode != PinMode.Output;
        _lines = chip.Request(
        [
            new GpioLineSettings
            {
                Line = number,
                Direction = Mode == PinMode.Output ? GpioDirection.Output : GpioDirection.Input,
                Bias = Mode switch
                {
                    PinMode.InputPullUp => GpioBias.PullUp,
                    PinMode.InputPullDown => GpioBias.PullDown,
                    _ => GpioBias.AsIs,
                },
                Edges = withEdges ? GpioEdges.Both : GpioEdges.None,
                InitialValue = initialValue,
            },
        ]);
        if (withEdges)
        {
            _edges = new CancellationTokenSource();
            _telling = TellAsync(_telling, _lines, _edges.Token);
        }

        return _lines;
    }

    private void Release()
    {
        if (_edges is { } edges)
        {
            _edges = null;
            edges.Cancel();
            edges.Dispose();
        }

        if (_lines is { } lines)
        {
            _lines = null;
            Blocking.Dispose(lines);
        }
    }

    /// <summary>Tells the edges of a request, after those of the one before it.</summary>
    /// <param name="before">Ends when the last callback of the request before has returned.</param>
    /// <param name="lines">The request.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private async Task TellAsync(Task before, IGpioLines lines, CancellationToken cancellationToken)
    {
        await Task.Yield(); // the caller holds the gate
        await before;
        var edges = new GpioEdge[EdgesAtOnce];
        try
        {
            while (true)
            {
                var count = await lines.ReadEdgesAsync(edges, cancellationToken);
                for (var i = 0; i < count; i++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    Tell(edges[i].Value ? PinEventTypes.Rising : PinEventTypes.Falling);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The line is given back.
        }
        catch (IOException)
        {
            // The chip is gone, which the next read or write finds too.
        }
    }

    private void Tell(PinEventTypes change)
    {
        foreach (var (types, callback) in Volatile.Read(ref _callbacks))
        {
            if ((types & change) != 0)
            {
                Call(callback, new PinValueChangedEventArgs(change, number));
            }
        }
    }

    private void Call(PinChangeEventHandler callback, PinValueChangedEventArgs args)
    {
        _callingThread = Environment.CurrentManagedThreadId;
        try
        {
            callback(driver, args);
        }
#pragma warning disable CA1031 // A binding that cannot take its edge shows that by its values; the others hear theirs.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
        finally
        {
            _callingThread = 0;
        }
    }
}
