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
    private (CancellationTokenSource Stopping, Task Task)? _edges;

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

    public void Dispose()
    {
        lock (_gate)
        {
            Release();
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
            var stopping = new CancellationTokenSource();
            _edges = (stopping, TellAsync(_lines, stopping.Token));
        }

        return _lines;
    }

    private void Release()
    {
        if (_edges is { } edges)
        {
            _edges = null;
            edges.Stopping.Cancel();
            Blocking.Wait(edges.Task);
            edges.Stopping.Dispose();
        }

        if (_lines is { } lines)
        {
            _lines = null;
            Blocking.Dispose(lines);
        }
    }

    private async Task TellAsync(IGpioLines lines, CancellationToken cancellationToken)
    {
        await Task.Yield(); // the caller holds the gate
        var edges = new GpioEdge[EdgesAtOnce];
        try
        {
            while (true)
            {
                var count = await lines.ReadEdgesAsync(edges, cancellationToken);
                foreach (var edge in edges.AsSpan(0, count))
                {
                    Tell(edge.Value ? PinEventTypes.Rising : PinEventTypes.Falling);
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
        try
        {
            callback(driver, args);
        }
#pragma warning disable CA1031 // A binding that cannot take its edge shows that by its values; the others hear theirs.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
