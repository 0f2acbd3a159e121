using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Polling;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Polling;

public sealed class BusPollerTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly ManualTimeProvider _time = new();
    private readonly RecordingObserver _observer = new();
    private readonly FakeBus _bus;

    public BusPollerTests() => _bus = new FakeBus(_time);

    [Fact]
    public async Task Reads_at_once_and_then_at_the_rate()
    {
        await using var poller = Start(Points.Device("a", Points.Point("x", "a", 1)));
        await UntilAsync(() => _bus.Calls.Count == 1 && _time.ArmedTimers == 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => _bus.Calls.Count == 2 && _time.ArmedTimers == 1);
        Assert.Equal(2, _observer.Readings.Count);
        Assert.Equal(["a online"], _observer.States);
    }

    [Fact]
    public async Task A_bus_that_fails_takes_all_its_devices_offline_once_and_comes_back_alone()
    {
        _bus.Outcomes["a"] = new ReadOutcome(ReadStatus.BusFailed, "port-missing");
        await using var poller = Start(Points.Device("a", Points.Point("x", "a", 1)), Points.Device("b", Points.Point("y", "b", 1)));
        await UntilAsync(() => _observer.States.Count == 2 && _time.ArmedTimers == 1);
        Assert.Equal(["a offline port-missing", "b offline port-missing"], _observer.States);
        _time.Advance(TimeSpan.FromSeconds(0.5));
        await UntilAsync(() => _bus.Calls.Count == 2 && _time.ArmedTimers == 1);
        Assert.Equal(2, _observer.States.Count);

        _bus.Outcomes.Clear();
        _time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => _observer.States.Count == 4);
        Assert.Equal(["a online", "b online"], _observer.States.Skip(2));
    }

    [Fact]
    public async Task When_a_device_goes_all_its_points_turn_bad()
    {
        _bus.Outcomes["a"] = new ReadOutcome(ReadStatus.NoAnswer, "timeout");
        await using var poller = Start(Points.Device("a", Points.Point("fast", "a", 1), Points.Point("slow", "a", 60)));
        await UntilAsync(() => _observer.States.Count == 1);
        Assert.Equal(["fast", "slow"], _observer.Readings.Where(r => r.Quality == Quality.Bad).Select(r => r.Point.Name).Distinct());
    }

    [Fact]
    public async Task A_write_goes_before_the_next_read_and_is_read_back()
    {
        await using var poller = Start(Points.Device("a", Points.Point("x", "a", 1), Points.Point("y", "a", 1)));
        await UntilAsync(() => _bus.Calls.Count == 1 && _time.ArmedTimers == 1);
        var outcome = await poller.WriteAsync(poller.Definition.Devices[0].Points[1], PointValue.From(5L), CancellationToken.None);
        Assert.True(outcome.Succeeded);
        await UntilAsync(() => _bus.Calls.Count == 3);
        Assert.Equal(["read a x,y", "write a.y 5", "read a y"], _bus.Calls);
    }

    [Fact]
    public async Task Writes_that_find_the_queue_full_are_refused_with_a_sentence()
    {
        _bus.Hold = new TaskCompletionSource();
        await using var poller = Start(Points.Device("a", Points.Point("x", "a", 1)));
        var point = poller.Definition.Devices[0].Points[0];
        await UntilAsync(() => _bus.Calls.Count == 1);
        var waiting = Enumerable.Range(0, 64).Select(i => poller.WriteAsync(point, PointValue.From((long)i), CancellationToken.None).AsTask()).ToArray();
        var refused = await poller.WriteAsync(point, PointValue.From(64L), CancellationToken.None);
        Assert.Equal("64 writes wait for fake bus already; try again later", refused.Error);
        _bus.Hold.SetResult();
        _bus.Hold = null;
        Assert.All(await Task.WhenAll(waiting).WaitAsync(Deadline), outcome => Assert.True(outcome.Succeeded));
    }

    [Fact]
    public async Task A_driver_that_throws_costs_a_read_and_not_the_loop()
    {
        _bus.Faults["a"] = new InvalidOperationException("bug");
        await using var poller = Start(Points.Device("a", Points.Point("x", "a", 1)));
        await UntilAsync(() => _observer.States.Count == 1 && _time.ArmedTimers == 1);
        _bus.Faults.Clear();
        _time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => _observer.States.Count == 2);
        Assert.Equal(["a offline driver-fault", "a online"], _observer.States);
    }

    [Fact]
    public async Task A_driver_that_throws_at_one_device_reads_its_neighbours_as_ever()
    {
        _bus.Faults["a"] = new InvalidOperationException("bug");
        await using var poller = Start(Points.Device("a", Points.Point("x", "a", 1)), Points.Device("b", Points.Point("y", "b", 1)));
        await UntilAsync(() => _observer.States.Count == 2);
        Assert.Equal(["a offline driver-fault", "b online"], _observer.States);
    }

    [Fact]
    public async Task A_driver_that_throws_when_its_bus_is_closed_stops_nothing_else()
    {
        var poller = Start(Points.Device("a", Points.Point("x", "a", 1)));
        await UntilAsync(() => _observer.States.Count == 1);
        _bus.ClosingFault = new InvalidOperationException("bug");

        await poller.DisposeAsync();

        Assert.Equal(["a online"], _observer.States);
    }

    [Fact]
    public async Task A_driver_that_cannot_prepare_a_read_costs_that_read_and_not_the_loop()
    {
        _bus.CreationFault = new InvalidOperationException("bug");
        await using var poller = Start(Points.Device("a", Points.Point("x", "a", 1)));
        await UntilAsync(() => _observer.States.Count == 1 && _time.ArmedTimers == 1);
        _bus.CreationFault = null;
        _time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => _observer.States.Count == 2);
        Assert.Equal(["a offline driver-fault", "a online"], _observer.States);
    }

    [Fact]
    public async Task When_a_device_comes_back_its_slow_points_are_read_before_their_turn()
    {
        await using var poller = Start(Points.Device("a", Points.Point("fast", "a", 1), Points.Point("slow", "a", 3600)));
        await UntilAsync(() => _bus.Calls.Count == 1 && _time.ArmedTimers == 1);
        _bus.Outcomes["a"] = new ReadOutcome(ReadStatus.NoAnswer, "timeout");
        _time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => _observer.States.Count == 2 && _time.ArmedTimers == 1);
        _bus.Outcomes.Clear();
        _time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => _bus.Calls.Count == 4);
        Assert.Equal(["read a fast,slow", "read a fast", "read a fast", "read a slow"], _bus.Calls);
    }

    [Fact]
    public async Task Many_writes_let_a_read_that_is_due_have_its_turn()
    {
        _bus.Hold = new TaskCompletionSource();
        await using var poller = Start(Points.Device("a", Points.Point("x", "a", 1)));
        await UntilAsync(() => _bus.Calls.Count == 1);
        var point = poller.Definition.Devices[0].Points[0];
        var waiting = Enumerable.Range(0, 6).Select(i => poller.WriteAsync(point, PointValue.From((long)i), CancellationToken.None).AsTask()).ToArray();
        _time.Advance(TimeSpan.FromSeconds(1));
        _bus.Hold.SetResult();
        await Task.WhenAll(waiting).WaitAsync(Deadline);
        await UntilAsync(() => _bus.Calls.Count == 14);

        // Each write is read back; the poll that is due comes behind the fourth.
        var calls = _bus.Calls.Select(call => call.Split(' ')[0][0]);
        Assert.Equal("r" + "wrwrwrwr" + "r" + "wrwr", string.Concat(calls));
    }

    [Fact]
    public async Task Writes_to_a_device_that_does_not_answer_are_refused_when_they_would_take_too_much_time()
    {
        _bus.Outcomes["dead"] = new ReadOutcome(ReadStatus.NoAnswer, "timeout");
        _bus.Durations["dead"] = TimeSpan.FromSeconds(4);
        await using var poller = Start(Points.Device("dead", Points.Point("x", "dead", 1)), Points.Device("well", Points.Point("y", "well", 3600)));
        await UntilAsync(() => _observer.States.Count == 2 && _time.ArmedTimers == 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => _bus.Calls.Count == 3 && _time.ArmedTimers == 1);

        var outcome = await poller.WriteAsync(poller.Definition.Devices[0].Points[0], PointValue.From(1L), CancellationToken.None);

        // 3 s were saved and 4 s spent; a twentieth of 20 s makes up for the rest.
        Assert.Equal("dead does not answer; it may be tried again in 20 s", outcome.Error);
        Assert.Equal(3, _bus.Calls.Count);
    }

    [Fact]
    public async Task Statistics_are_of_the_last_minute()
    {
        _bus.Durations["a"] = TimeSpan.FromSeconds(0.25);
        await using var poller = Start(Points.Device("a", Points.Point("x", "a", 1)));
        for (var second = 1; second <= 70; second++)
        {
            var reads = second;
            await UntilAsync(() => _bus.Calls.Count == reads && _time.ArmedTimers == 1);
            _time.Advance(TimeSpan.FromSeconds(0.75));
        }

        // The last of the slow reads is over, and the next is due in 0.75 s.
        await UntilAsync(() => _bus.Calls.Count == 71 && _time.ArmedTimers == 1);
        Assert.Equal(0.25, poller.Statistics.Utilisation, 0.01);
        _bus.Durations.Clear();
        _time.Advance(TimeSpan.FromSeconds(0.75));
        for (var second = 72; second <= 141; second++)
        {
            var reads = second;
            await UntilAsync(() => _bus.Calls.Count == reads && _time.ArmedTimers == 1);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(0, poller.Statistics.Utilisation);
        Assert.Equal(new Lateness(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero), poller.Statistics.Lateness);
    }

    [Fact]
    public async Task A_fault_of_the_driver_is_counted()
    {
        _bus.Faults["a"] = new InvalidOperationException("bug");
        await using var poller = Start(Points.Device("a", Points.Point("x", "a", 1)));
        await UntilAsync(() => _observer.States.Count == 1);
        Assert.Equal([KeyValuePair.Create("driver-fault", 1L)], poller.Errors.Of("a"));
        Assert.Equal([KeyValuePair.Create("driver-fault", 1L)], poller.Errors.Total());
    }

    [Fact]
    public async Task A_read_that_hangs_makes_the_poller_unhealthy()
    {
        _bus.Hold = new TaskCompletionSource();
        await using var poller = Start(Points.Device("a", Points.Point("x", "a", 1)));
        await UntilAsync(() => _bus.Calls.Count == 1);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.True(poller.IsHealthy);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(poller.IsHealthy);
    }

    [Fact]
    public async Task A_read_whose_driver_tells_its_steps_hangs_only_with_one_of_them()
    {
        var deadline = new HangDeadline(_time, new PollOptions().HangLimit);
        _bus.Hold = new TaskCompletionSource();
        await using var poller = new BusPoller(Points.Bus(Points.Device("a", Points.Point("x", "a", 1))), _bus, _observer, new PollOptions(), new DriverContext(_time, NullLogger.Instance)) { Deadline = deadline };
        poller.Start();
        await UntilAsync(() => _bus.Calls.Count == 1);
        for (var step = 0; step < 10; step++)
        {
            deadline.Extend(TimeSpan.FromSeconds(30));
            _time.Advance(TimeSpan.FromSeconds(30));
            Assert.True(poller.IsHealthy);
        }

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.True(poller.IsHealthy);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(poller.IsHealthy);
    }

    [Fact]
    public async Task A_long_period_is_no_hang()
    {
        await using var poller = Start(Points.Device("a", Points.Point("x", "a", 86_400)));
        await UntilAsync(() => _bus.Calls.Count == 1 && _time.ArmedTimers == 1);
        _time.Advance(TimeSpan.FromHours(23));
        Assert.True(poller.IsHealthy);
    }

    private BusPoller Start(params DeviceDefinition[] devices)
    {
        var poller = new BusPoller(Points.Bus(devices), _bus, _observer, new PollOptions(), new DriverContext(_time, NullLogger.Instance));
        poller.Start();
        return poller;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!condition())
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
