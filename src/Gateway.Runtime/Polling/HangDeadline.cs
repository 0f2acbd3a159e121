namespace Gateway.Runtime.Polling;

/// <summary>When a call to a bus hangs. Thread-safe.</summary>
/// <param name="timeProvider">The clock.</param>
/// <param name="limit">How long a step of a call may take beyond what is expected of it.</param>
internal sealed class HangDeadline(TimeProvider timeProvider, TimeSpan limit)
{
    private readonly long _started = timeProvider.GetTimestamp();
    private long _ticks = limit.Ticks;

    /// <summary>Whether it is over.</summary>
    public bool IsPast => Now >= Interlocked.Read(ref _ticks);

    private long Now => timeProvider.GetElapsedTime(_started).Ticks;

    /// <summary>Something else begins.</summary>
    /// <param name="expected">How long it takes at most if all is well.</param>
    public void Begin(TimeSpan expected) => Interlocked.Exchange(ref _ticks, Now + expected.Ticks + limit.Ticks);

    /// <summary>A step of a call begins. What told it may be late, so this never brings the deadline nearer.</summary>
    /// <param name="expected">How long it takes at most if all is well.</param>
    public void Extend(TimeSpan expected)
    {
        var next = Now + expected.Ticks + limit.Ticks;
        for (var current = Interlocked.Read(ref _ticks); current < next;)
        {
            var before = Interlocked.CompareExchange(ref _ticks, next, current);
            if (before == current)
            {
                return;
            }

            current = before;
        }
    }
}
