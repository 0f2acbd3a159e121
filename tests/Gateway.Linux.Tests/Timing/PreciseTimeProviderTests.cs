using System.Collections.Concurrent;
using Gateway.Linux.Timing;
using Gateway.TestSupport;

namespace Gateway.Linux.Tests.Timing;

public sealed class PreciseTimeProviderTests
{
    private static readonly PreciseTimeProvider Clock = PreciseTimeProvider.Shared;

    [Fact]
    public async Task Timers_fire_each_at_its_time_and_never_early()
    {
        var fired = new ConcurrentDictionary<int, TimeSpan>();
        ITimer[] timers =
        [
            .. new[] { 30, 1, 12, 7, 200 }.Select(milliseconds =>
            {
                var began = Clock.GetTimestamp();
                return Clock.CreateTimer(
                    _ => fired[milliseconds] = Clock.GetElapsedTime(began), null, TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
            }),
        ];

        await Eventually.TrueAsync(() => fired.Count == timers.Length);

        Assert.All(fired, timer => Assert.True(timer.Value >= TimeSpan.FromMilliseconds(timer.Key), $"{timer.Key} ms: {timer.Value}"));
        Array.ForEach(timers, timer => timer.Dispose());
    }

    [Fact]
    public async Task A_timer_fires_at_the_time_it_was_moved_to_and_not_when_it_was_disposed_of()
    {
        var fired = new ConcurrentQueue<string>();
        using var late = Clock.CreateTimer(_ => fired.Enqueue("late"), null, TimeSpan.FromSeconds(20), Timeout.InfiniteTimeSpan);
        var never = Clock.CreateTimer(_ => fired.Enqueue("never"), null, TimeSpan.FromMilliseconds(250), Timeout.InfiniteTimeSpan);
        var putOff = Clock.GetTimestamp();
        late.Change(TimeSpan.FromMilliseconds(300), Timeout.InfiniteTimeSpan);
        await never.DisposeAsync();
        using var between = Clock.CreateTimer(_ => fired.Enqueue("between"), null, TimeSpan.FromMilliseconds(60), Timeout.InfiniteTimeSpan);

        await Eventually.TrueAsync(() => fired.Contains("late"));

        Assert.Contains("between", fired);
        Assert.DoesNotContain("never", fired);
        Assert.True(Clock.GetElapsedTime(putOff) >= TimeSpan.FromMilliseconds(300));
        Assert.False(never.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
    }

    [Fact]
    public async Task A_period_repeats()
    {
        var count = 0;
        using var timer = Clock.CreateTimer(_ => Interlocked.Increment(ref count), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(2));
        await Eventually.TrueAsync(() => Volatile.Read(ref count) > 20);
    }

    [Fact]
    public void A_clock_that_is_not_the_systems_stays()
    {
        var manual = new ManualTimeProvider();
        Assert.Same(manual, PreciseTimeProvider.InPlaceOf(manual));
        Assert.Same(Clock, PreciseTimeProvider.InPlaceOf(TimeProvider.System));
    }
}
