namespace Gateway.TestSupport;

/// <summary>
/// A clock that stands still until a test moves it. Timers fire on the thread that calls <see cref="Advance"/>,
/// in order of their due times. Thread-safe.
/// </summary>
public sealed class ManualTimeProvider(DateTimeOffset? start = null) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _utcNow = start ?? new DateTimeOffset(2026, 11, 22, 1, 2, 3, 4, TimeSpan.Zero);
    private long _elapsedTicks;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>The timers that are armed: a test waits for this before it advances.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count(t => t.Due is not null);
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _utcNow;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => Interlocked.Read(ref _elapsedTicks);

    /// <summary>Steps the wall clock without letting time pass, as a clock synchronisation does.</summary>
    public void StepUtc(TimeSpan by)
    {
        lock (_gate)
        {
            _utcNow += by;
        }
    }

    /// <summary>Lets time pass, firing each timer at its due time.</summary>
    public void Advance(TimeSpan by)
    {
        var target = Interlocked.Read(ref _elapsedTicks) + by.Ticks;
        while (true)
        {
            ManualTimer? next;
            lock (_gate)
            {
                next = _timers.Where(t => t.Due <= target).MinBy(t => t.Due);
                MoveTo(next?.Due ?? target);
                next?.Rearm();
            }

            if (next is null)
            {
                return;
            }

            next.Fire();
        }
    }

    /// <summary>Lets time pass until the next timer is due, and fires it; false if there is none.</summary>
    public bool AdvanceToNextTimer()
    {
        TimeSpan wait;
        lock (_gate)
        {
            if (_timers.Count == 0)
            {
                return false;
            }

            wait = TimeSpan.FromTicks(Math.Max(0, _timers.Min(t => t.Due!.Value) - _elapsedTicks));
        }

        Advance(wait);
        return true;
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void MoveTo(long ticks)
    {
        if (ticks > _elapsedTicks)
        {
            _utcNow += TimeSpan.FromTicks(ticks - _elapsedTicks);
            Interlocked.Exchange(ref _elapsedTicks, ticks);
        }
    }

    private sealed class ManualTimer(ManualTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public long? Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                owner._timers.Remove(this);
                _period = period;
                Due = dueTime == Timeout.InfiniteTimeSpan ? null : owner._elapsedTicks + dueTime.Ticks;
                if (Due is not null)
                {
                    owner._timers.Add(this);
                }
            }

            return true;
        }

        public void Rearm()
        {
            if (_period == Timeout.InfiniteTimeSpan || _period == TimeSpan.Zero)
            {
                Due = null;
                owner._timers.Remove(this);
            }
            else
            {
                Due += _period.Ticks;
            }
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (owner._gate)
            {
                owner._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
