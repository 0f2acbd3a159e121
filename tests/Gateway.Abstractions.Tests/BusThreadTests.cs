using Gateway.Abstractions.Buses;
using Gateway.TestSupport;

namespace Gateway.Abstractions.Tests;

/// <summary>The one thread of a bus: turns, waits between steps, and a kernel that does not come back.</summary>
public sealed class BusThreadTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Others_have_their_turns_while_a_chip_converts()
    {
        await using var thread = new BusThread("i2c 1", _time);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var walk = thread.WalkAsync(Steps(begun.SetResult, TimeSpan.FromMilliseconds(10)), TimeSpan.Zero, CancellationToken.None);
        await begun.Task.WaitAsync(Deadline);

        Assert.Equal(7, await thread.RunAsync(() => 7).WaitAsync(Deadline));

        Assert.False(walk.IsCompleted);
        await PassAsync(() => walk.IsCompleted);
        await walk;
        Assert.InRange(_time.GetElapsedTime(0), TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public async Task Walks_end_in_the_order_of_their_waits()
    {
        await using var thread = new BusThread("i2c 1", _time);
        var order = new List<int>();
        var walks = new[] { 30, 10, 20 }.Select(wait => thread.WalkAsync(Steps(() => { }, TimeSpan.FromMilliseconds(wait), () => order.Add(wait)), TimeSpan.Zero, CancellationToken.None)).ToArray();

        await PassAsync(() => walks.All(walk => walk.IsCompleted));

        Assert.Equal([10, 20, 30], order);
    }

    [Fact]
    public async Task What_is_given_up_before_its_time_never_begins()
    {
        await using var thread = new BusThread("i2c 1", _time);
        using var ending = new CancellationTokenSource();
        var hasBegun = false;
        var walk = thread.WalkAsync(Steps(() => hasBegun = true, TimeSpan.Zero), TimeSpan.FromSeconds(1), ending.Token);

        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => walk.WaitAsync(Deadline));
        _time.Advance(TimeSpan.FromSeconds(2));
        await thread.RunAsync(() => 0).WaitAsync(Deadline);

        Assert.False(hasBegun);
    }

    [Fact]
    public async Task A_step_that_throws_ends_its_walk_and_no_other()
    {
        await using var thread = new BusThread("i2c 1", _time);
        var walk = thread.WalkAsync(Steps(() => throw new BusException(BusReasons.NoAck, "Nobody."), TimeSpan.Zero), TimeSpan.Zero, CancellationToken.None);

        Assert.Equal("no-ack", (await Assert.ThrowsAsync<BusException>(() => walk.WaitAsync(Deadline))).Reason);
        Assert.Equal(7, await thread.RunAsync(() => 7).WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_kernel_that_does_not_come_back_fails_all_who_wait_and_refuses_others_until_it_does()
    {
        await using var thread = new BusThread("i2c 1", _time);
        using var entered = new ManualResetEventSlim();
        using var returns = new ManualResetEventSlim();
        var hung = thread.RunAsync(() =>
        {
            entered.Set();
            return returns.Wait(TimeSpan.FromMinutes(2));
        });
        Assert.True(entered.Wait(Deadline));
        var behind = thread.RunAsync(() => 0);
        var later = thread.WalkAsync(Steps(() => { }, TimeSpan.Zero), TimeSpan.FromHours(1), CancellationToken.None);

        _time.Advance(BusThread.Patience);

        foreach (var task in new[] { hung, behind, later, thread.RunAsync(() => 0) })
        {
            var fault = await Assert.ThrowsAsync<BusException>(() => task.WaitAsync(Deadline));
            Assert.Equal((BusReasons.Hung, true), (fault.Reason, fault.IsBusFault));
        }

        returns.Set();
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return await thread.RunAsync(() => true);
            }
            catch (BusException)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task Work_that_waits_for_its_turn_only_is_done_before_the_end()
    {
        var thread = new BusThread("i2c 1", TimeProvider.System);
        var done = 0;
        var calls = Enumerable.Range(0, 100).Select(_ => thread.RunAsync(() => ++done)).ToArray();
        var later = thread.WalkAsync(Steps(() => { }, TimeSpan.Zero), TimeSpan.FromHours(1), CancellationToken.None);

        await thread.DisposeAsync();

        await Task.WhenAll(calls).WaitAsync(Deadline);
        Assert.Equal(100, done);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => later.WaitAsync(Deadline));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => thread.RunAsync(() => 0).WaitAsync(Deadline));
    }

    [Fact]
    public async Task Waits_go_by_the_clock_of_the_machine_too()
    {
        await using var thread = new BusThread("i2c 1", TimeProvider.System);
        var began = TimeProvider.System.GetTimestamp();

        await thread.WalkAsync(Steps(() => { }, TimeSpan.FromMilliseconds(8.3)), TimeSpan.FromMilliseconds(5), CancellationToken.None).WaitAsync(Deadline);

        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(13.3));
    }

    private static IEnumerable<TimeSpan> Steps(Action first, TimeSpan wait, Action? last = null)
    {
        first();
        yield return wait;
        last?.Invoke();
    }

    private async Task PassAsync(Func<bool> isSo)
    {
        var polls = 0;
        await Eventually.TrueAsync(() =>
        {
            if (polls++ % 5 == 4 && !isSo())
            {
                _time.Advance(TimeSpan.FromMilliseconds(1));
            }

            return isSo();
        });
    }
}
