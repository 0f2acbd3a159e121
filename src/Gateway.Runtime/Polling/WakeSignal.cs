using System.Threading.Tasks.Sources;

namespace Gateway.Runtime.Polling;

/// <summary>
/// Lets one loop sleep until a time or until it is woken, without allocating. One waiter at a time; <see cref="Set"/> from any thread.
/// At its time the loop goes on on the timer's thread: there is nobody else to be woken.
/// </summary>
internal sealed class WakeSignal : IValueTaskSource, IDisposable
{
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private ManualResetValueTaskSourceCore<bool> _source;
    private bool _isSet;
    private bool _isWaiting;

    public WakeSignal(TimeProvider timeProvider) =>
        _timer = timeProvider.CreateTimer(static state => ((WakeSignal)state!).Wake(goesOnHere: true), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Completes after the timeout or at the next <see cref="Set"/>, at once if it was set since the last wait.</summary>
    public ValueTask WaitAsync(TimeSpan timeout)
    {
        lock (_gate)
        {
            if (_isSet)
            {
                _isSet = false;
                return ValueTask.CompletedTask;
            }

            _source.Reset();
            _isWaiting = true;
        }

        // A timer that fires late from an earlier wait only wakes the loop once more than needed. Timers of the system count
        // whole milliseconds and leave the rest out: rounded down, the loop would wake early, again and again.
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(timeout.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
        return new ValueTask(this, _source.Version);
    }

    public void Set() => Wake(goesOnHere: false);

    private void Wake(bool goesOnHere)
    {
        lock (_gate)
        {
            if (!_isWaiting)
            {
                _isSet = true;
                return;
            }

            _isWaiting = false;
            _source.RunContinuationsAsynchronously = !goesOnHere;
        }

        _source.SetResult(true);
    }

    public void Dispose() => _timer.Dispose();

    public void GetResult(short token) => _source.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
