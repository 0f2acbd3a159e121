using System.Collections.Concurrent;
using Gateway.Linux.Serial;
using Gateway.TestSupport;

namespace Gateway.Linux.Tests.Serial;

/// <summary>The thread and clock of a serial line.</summary>
public sealed class LineThreadTests
{
    private static readonly LineThread Clock = new("timers");

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
    public async Task What_waited_for_bytes_or_for_a_time_goes_on_on_the_one_thread()
    {
        await using var far = PseudoTerminal.Open();
        await using var thread = new LineThread("line");
        await using var port = SerialPort.Open(new() { Path = far.SlavePath }, thread);
        var buffer = new byte[1];
        var threads = new ConcurrentQueue<string?>();

        // What is over before it is waited for goes on where it is: once on the thread, it stays there.
        const int Rounds = 20;
        var reading = Task.Run(async () =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                await port.ReadExactlyAsync(buffer);
                threads.Enqueue(Thread.CurrentThread.Name);
                await Task.Delay(TimeSpan.FromMilliseconds(2), thread);
                threads.Enqueue(Thread.CurrentThread.Name);
            }
        });
        for (var round = 1; round <= Rounds; round++)
        {
            await far.WriteAsync("x"u8.ToArray());
            var expected = 2 * round;
            await Eventually.TrueAsync(() => threads.Count == expected);
        }

        await reading;
        Assert.Contains("line", threads);
        Assert.All(threads.SkipWhile(name => name != "line"), name => Assert.Equal("line", name));
    }

    [Fact]
    public async Task A_port_that_is_closed_may_be_opened_again_at_once_on_the_same_thread()
    {
        await using var far = PseudoTerminal.Open();
        await using var thread = new LineThread("line");
        for (var i = 0; i < 50; i++)
        {
            await using var port = SerialPort.Open(new() { Path = far.SlavePath }, thread);
            var read = port.ReadAsync(new byte[1]);
            await port.DisposeAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await read);
            SerialPort.Open(new() { Path = far.SlavePath }, thread).Dispose();
        }
    }

    [Fact]
    public async Task Timers_of_a_thread_that_has_ended_fire_no_more()
    {
        var thread = new LineThread("line");
        var fired = 0;
        using var timer = thread.CreateTimer(_ => Interlocked.Increment(ref fired), null, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));
        await Eventually.TrueAsync(() => Volatile.Read(ref fired) > 0);
        await thread.DisposeAsync();
        await thread.DisposeAsync();
        var before = fired;
        using var other = thread.CreateTimer(_ => Interlocked.Increment(ref fired), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);

        Assert.Equal(before, fired);
    }

    [Fact]
    public async Task A_thread_may_be_ended_from_itself()
    {
        var thread = new LineThread("line");
        var ended = new TaskCompletionSource();
        using var timer = thread.CreateTimer(_ => { thread.Dispose(); ended.SetResult(); }, null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await thread.DisposeAsync();
    }
}
