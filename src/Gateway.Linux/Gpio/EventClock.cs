namespace Gateway.Linux.Gpio;

/// <summary>
/// Turns the kernel's time stamps of events into UTC. The kernel stamps on CLOCK_MONOTONIC, which nobody sets: its stamps are right
/// whatever is done to the clock between the edge and its reading, which those on CLOCK_REALTIME (kernel 5.11) are not. What UTC is
/// ahead by is looked at anew for each batch of events. Not thread-safe.
/// </summary>
/// <param name="timeProvider">UTC.</param>
/// <param name="monotonic">CLOCK_MONOTONIC, nanoseconds.</param>
internal sealed class EventClock(TimeProvider timeProvider, Func<long> monotonic)
{
    private const int Tries = 3;
    private const int NanosecondsPerTick = 100;

    /// <summary>Going back by less is the clock being slewed, or our looking at two clocks one after the other: order counts more.</summary>
    private static readonly TimeSpan SmallestStep = TimeSpan.FromMilliseconds(10);

    private long _offsetTicks;
    private DateTimeOffset _last = DateTimeOffset.MinValue;

    /// <summary>To be called before the events of a batch are converted.</summary>
    public void Synchronise()
    {
        var shortest = long.MaxValue;
        for (var i = 0; i < Tries; i++)
        {
            var before = monotonic();
            var utc = timeProvider.GetUtcNow();
            var after = monotonic();
            if (after - before < shortest)
            {
                shortest = after - before;
                _offsetTicks = utc.UtcTicks - ((before + (shortest / 2)) / NanosecondsPerTick);
            }
        }
    }

    /// <summary>The time of an event; never before that of the event before it, unless the clock was set back.</summary>
    public DateTimeOffset ToUtc(long nanoseconds)
    {
        var utc = new DateTimeOffset(_offsetTicks + (nanoseconds / NanosecondsPerTick), TimeSpan.Zero);
        if (utc < _last && _last - utc < SmallestStep)
        {
            return _last;
        }

        _last = utc;
        return utc;
    }
}
