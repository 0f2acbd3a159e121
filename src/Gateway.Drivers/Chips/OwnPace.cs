using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Chips;

/// <summary>
/// A chip whose reads may take long, as those of a driver of the kernel that measures meanwhile: it is read on a thread of its own, and a
/// read that is not over soon holds up nobody. Its value comes with one of the next reads, and has the time at which it was measured. Its
/// members are called by the owner of the bus, one at a time.
/// </summary>
/// <param name="name">What the thread is called.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="waitsToTheEnd">Whether somebody reads once, and has no next read.</param>
internal sealed class OwnPace(string name, TimeProvider timeProvider, bool waitsToTheEnd) : IAsyncDisposable
{
    /// <summary>For so long the other devices of the bus wait at most.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(500);

    /// <summary>For how long beyond their period the last values are given again: the longest read, repeats included, takes less.</summary>
    public static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopping = new();
    private Task<Measured>? _underWay;
    private (Measured Measured, ChipValues Values)? _last;

    /// <summary>The thread.</summary>
    public BusThread Thread { get; } = new(name, timeProvider);

    /// <summary>What is measured now, if that is over soon; else what was measured last.</summary>
    /// <param name="measure">Begins a measurement.</param>
    /// <param name="values">Takes what it measures.</param>
    /// <param name="every">The period of the reads.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<(Measured Measured, ChipValues Values)> ReadAsync(Func<CancellationToken, Task<Measured>> measure, ChipValues values, TimeSpan every, CancellationToken cancellationToken)
    {
        _underWay ??= measure(_stopping.Token);
        await ((Task)_underWay).WaitAsync(waitsToTheEnd ? Timeout.InfiniteTimeSpan : Soon, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (_underWay.IsCompleted)
        {
            var measured = await _underWay;
            _underWay = null;
            _last = (measured, values.Copy());
        }

        return _last is { } last && (last.Measured.Outcome.Status != ReadStatus.Answered || timeProvider.GetElapsedTime(last.Measured.Timestamp) <= every + LongestRead)
            ? last
            : (new Measured(ReadOutcome.Answered, timeProvider.GetUtcNow(), timeProvider.GetTimestamp()), ChipValues.NotReady(values));
    }

    /// <summary>Ends what is under way, and the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_underWay is not null)
        {
            await ((Task)_underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Thread.DisposeAsync();
        _stopping.Dispose();
    }
}
