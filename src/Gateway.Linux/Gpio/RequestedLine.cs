using Gateway.Abstractions.Buses;

namespace Gateway.Linux.Gpio;

/// <summary>
/// A line that was taken: its place in its request, the number of its last event, and where the kernel does not debounce it, its
/// steady state. Not thread-safe, but for <see cref="Steady"/>.
/// </summary>
internal sealed class RequestedLine(GpioLineSettings settings, int index)
{
    private uint _sequence;
    private volatile bool _steady;

    public GpioLineSettings Settings => settings;

    /// <summary>Its place in the request.</summary>
    public int Index => index;

    /// <summary>The line's bit in masks of its request.</summary>
    public ulong Bit => 1UL << index;

    /// <summary>Whether we debounce the line.</summary>
    public bool IsDebouncedHere { get; init; }

    /// <summary>The state that has lasted long enough, where we debounce it.</summary>
    public bool Steady
    {
        get => _steady;
        set => _steady = value;
    }

    /// <summary>When the line will have been steady for long enough, nanoseconds on CLOCK_MONOTONIC; null: nothing is under way.</summary>
    public long? SteadyAt { get; set; }

    /// <summary>Edges that never became events and are to be told with the next that does; less than zero: so many were told that were not this line's.</summary>
    public int Lost { get; set; }

    /// <summary>The same line for something else: the kernel numbers its events on.</summary>
    public RequestedLine With(GpioLineSettings changed, bool isDebouncedHere) => new(changed, index) { _sequence = _sequence, IsDebouncedHere = isDebouncedHere };

    /// <summary>How many events of the line were lost before one of this number; the kernel counts from 1.</summary>
    public int MissedBefore(uint sequence)
    {
        var missed = sequence - _sequence - 1;
        _sequence = sequence;
        return (int)Math.Min(missed, int.MaxValue);
    }
}
