namespace Gateway.Storage.Queue;

/// <summary>What the writer's thread sleeps on: woken at once, or at the earliest of the times asked for. Thread-safe.</summary>
internal sealed class Alarm : IDisposable
{
    private readonly object _gate = new();
    private readonly TimeProvider _timeProvider;
    private readonly ITimer _timer;
    private long? _due;
    private bool _rings;

    public Alarm(TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        _timer = timeProvider.CreateTimer(static alarm => ((Alarm)alarm!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void RingNow()
    {
        lock (_gate)
        {
            _rings = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Rings after a delay, unless it rings by another such request before that.</summary>
    public void RingWithin(TimeSpan delay)
    {
        lock (_gate)
        {
            var due = _timeProvider.GetTimestamp() + (long)(delay.TotalSeconds * _timeProvider.TimestampFrequency);
            if (_due is null || due < _due)
            {
                _due = due;
                _timer.Change(delay, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Blocks until it rings. For one thread.</summary>
    public void Wait()
    {
        lock (_gate)
        {
            while (!_rings)
            {
                Monitor.Wait(_gate);
            }

            _rings = false;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void OnDue()
    {
        lock (_gate)
        {
            _due = null;
        }

        RingNow();
    }
}
