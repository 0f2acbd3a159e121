using Gateway.Linux.Timing;

namespace Gateway.Drivers.Chips;

/// <summary>Ends the pulses of one chip's outputs when they are over, and tries again where the chip is not reached. Thread-safe.</summary>
internal sealed class PulseEnd : IAsyncDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>A chip that is away for long must not cost its bus a try each second.</summary>
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromSeconds(10);

    private readonly Func<Task<bool>> _end;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private TimeSpan _retryDelay = RetryDelay;
    private Task _ending = Task.CompletedTask;
    private bool _isDisposed;

    /// <param name="end">Ends those that are over; false: the chip was not reached.</param>
    /// <param name="timeProvider">The clock.</param>
    public PulseEnd(Func<Task<bool>> end, TimeProvider timeProvider)
    {
        _end = end;
        _timer = PreciseTimeProvider.InPlaceOf(timeProvider).CreateTimer(_ => Begin(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The next is over then.</summary>
    /// <param name="left">The time until then; not more than zero: now.</param>
    public void ComesIn(TimeSpan left) => _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);

    /// <summary>Leaves pulses that are under way as they are.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        Task ending;
        lock (_gate)
        {
            _isDisposed = true;
            ending = _ending;
        }

        await ending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Called by the timer, which is not to be held up.
    private void Begin()
    {
        lock (_gate)
        {
            _ending = _isDisposed ? _ending : _ending.IsCompleted ? EndAsync() : Task.WhenAll(_ending, EndAsync());
        }
    }

    private async Task EndAsync()
    {
        if (await _end())
        {
            _retryDelay = RetryDelay;
            return;
        }

        ComesIn(_retryDelay);
        _retryDelay = 2 * _retryDelay < LongestRetryDelay ? 2 * _retryDelay : LongestRetryDelay;
    }
}
