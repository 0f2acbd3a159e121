using Gateway.Abstractions.Buses;

namespace Gateway.Linux.Gpio;

/// <summary>
/// A line that was taken: its place in its request, the number of its last event, and where the kernel does not debounce it, its
/// steady state. Not thread-safe, but for <see cref="Steady"/>.
/// </summary>
internal sealed class RequestedLine
{
    private readonly Tally _tally;
    private volatile bool _steady;

    public RequestedLine(GpioLineSettings settings, int index)
        : this(settings, index, new Tally())
    {
    }

    private RequestedLine(GpioLineSettings settings, int index, Tally tally) => (Settings, Index, _tally) = (settings, index, tally);

    public GpioLineSettings Settings { get; }

    /// <summary>Its place in the request.</summary>
    public int Index { get; }

    /// <summary>The line's bit in masks of its request.</summary>
    public ulong Bit => 1UL << Index;

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
    public int Lost
    {
        get => _tally.Lost;
        set => _tally.Lost = value;
    }

    /// <summary>The same line for something else: the kernel numbers its events on, and both count on together, as events of before may still be taken meanwhile.</summary>
    public RequestedLine With(GpioLineSettings changed, bool isDebouncedHere) => new(changed, Index, _tally) { IsDebouncedHere = isDebouncedHere };

    /// <summary>How many events of the line were lost before one of this number; the kernel counts from 1.</summary>
    public int MissedBefore(uint sequence)
    {
        var missed = sequence - _tally.Sequence - 1;
        _tally.Sequence = sequence;
        return (int)Math.Min(missed, int.MaxValue);
    }

    // Of the thread that takes the events.
    private sealed class Tally
    {
        public uint Sequence { get; set; }

        public int Lost { get; set; }
    }
}
