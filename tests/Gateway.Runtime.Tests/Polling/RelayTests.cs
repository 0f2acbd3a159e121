using System.Collections.Concurrent;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Polling;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Polling;

/// <summary>Requests of other masters between those of the bus's owner.</summary>
public sealed class RelayTests
{
    private const byte Silent = 9;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _time = new();
    private readonly FakeBus _bus;
    private readonly RelayBus _relayed;

    public RelayTests()
    {
        _bus = new FakeBus(_time);
        _relayed = new RelayBus(_bus, _time);
    }

    [Fact]
    public async Task A_bus_that_carries_no_requests_of_others_says_so()
    {
        await using var poller = Start(_bus);

        Assert.Equal(new RelayOutcome(RelayStatus.BusFailed), await AskAsync(poller, 1));
    }

    [Fact]
    public async Task A_request_goes_as_it_is_and_so_does_its_answer()
    {
        await using var poller = Start(_relayed);
        var answer = new byte[256];

        var outcome = await poller.RelayAsync(7, new byte[] { 3, 0, 0, 0, 1 }, answer, CancellationToken.None);

        Assert.Equal(new RelayOutcome(RelayStatus.Answered, 3), outcome);
        Assert.Equal([7, 3, 5], answer[..3]);
    }

    [Fact]
    public async Task What_is_more_than_the_queue_holds_is_refused_at_once()
    {
        _bus.Hold = new TaskCompletionSource();
        await using var poller = Start(_relayed);
        await Eventually.TrueAsync(() => _bus.Calls.Count == 1);
        var waiting = Enumerable.Range(0, 16).Select(_ => AskAsync(poller, 1)).ToArray();

        Assert.Equal(new RelayOutcome(RelayStatus.Busy), await AskAsync(poller, 1));

        _bus.Hold.SetResult();
        _bus.Hold = null;
        Assert.All(await ReleaseAsync(waiting), outcome => Assert.Equal(RelayStatus.Answered, outcome.Status));
    }

    [Fact]
    public async Task A_unit_that_does_not_answer_is_not_asked_again_at_the_cost_of_others()
    {
        await using var poller = Start(_relayed);
        Assert.Equal(RelayStatus.Answered, (await AskAsync(poller, 1)).Status);

        // 4 s of silence: 3 s were saved, the fourth takes 20 s to come together again.
        Assert.Equal(RelayStatus.NoAnswer, (await AskAsync(poller, Silent)).Status);
        Assert.Equal(RelayStatus.NoAnswer, (await ReleaseAsync(AskAsync(poller, Silent)))[0].Status);
        Assert.Equal(RelayStatus.Busy, (await ReleaseAsync(AskAsync(poller, 2)))[0].Status);
        Assert.Equal(RelayStatus.Answered, (await ReleaseAsync(AskAsync(poller, 1)))[0].Status);
        Assert.Equal(new byte[] { 1, Silent, 1 }, _relayed.Asked.ToArray());

        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(RelayStatus.NoAnswer, (await ReleaseAsync(AskAsync(poller, Silent)))[0].Status);
        Assert.Equal(2, _relayed.Asked.Count(unit => unit == Silent));
    }

    [Fact]
    public async Task Whoever_waits_when_the_bus_is_stopped_hears_it()
    {
        _bus.Hold = new TaskCompletionSource();
        var poller = Start(_relayed);
        await Eventually.TrueAsync(() => _bus.Calls.Count == 1);
        var waiting = AskAsync(poller, 1);

        await poller.DisposeAsync();

        Assert.Equal(RelayStatus.BusFailed, (await waiting.WaitAsync(Deadline)).Status);
        Assert.Equal(RelayStatus.BusFailed, (await AskAsync(poller, 1)).Status);
    }

    /// <summary>
    /// A client that always has a request waiting, on a bus of ten devices: what is left of the polls that are made without it, with
    /// the time that polls take of the bus and the duration of a request.
    /// </summary>
    [Theory]
    [InlineData(0.2, 20)]
    [InlineData(0.2, 3000)]
    [InlineData(0.5, 50)]
    [InlineData(0.5, 400)]
    [InlineData(0.9, 50)]
    [InlineData(0.9, 400)]
    [InlineData(1, 100)]
    [InlineData(1.3, 100)]
    public void A_greedy_client_costs_less_than_a_twentieth_of_the_polls(double load, int requestMilliseconds)
    {
        var without = Poll(load, null, out _);
        var with = Poll(load, TimeSpan.FromMilliseconds(requestMilliseconds), out var carried);

        Assert.True(with > 0.95 * without, $"{with} of {without} polls");
        Assert.True(carried > 0);
    }

    private static int Poll(double load, TimeSpan? request, out int carried)
    {
        var devices = Enumerable.Range(0, 10).Select(i => Points.Device($"d{i}", Points.Point("x", $"d{i}", 1))).ToArray();
        var schedule = new BusSchedule(Points.Bus(devices), new PollOptions());
        var turns = new RelayTurns(schedule.PollsPerSecond);
        var polls = 0;
        carried = 0;
        for (var now = TimeSpan.Zero; now < TimeSpan.FromMinutes(10);)
        {
            var device = schedule.Next(now, out var due);
            var turn = request is null ? TimeSpan.MaxValue : turns.From(device is not null, schedule.Missed);
            if (turn <= now)
            {
                var (began, missed) = (now, schedule.Missed);
                now += request!.Value;
                turns.Carried(began, now, missed);
                carried++;
            }
            else if (device is not null)
            {
                schedule.Succeed(device, device.DueGroups(now), now);
                now += TimeSpan.FromSeconds(load / 10);
                polls++;
            }
            else
            {
                now = turn < due ? turn : due;
            }
        }

        return polls;
    }

    private static Task<RelayOutcome> AskAsync(BusPoller poller, byte unit) =>
        poller.RelayAsync(unit, new byte[] { 3, 0, 0, 0, 1 }, new byte[256], CancellationToken.None).AsTask();

    /// <summary>Lets time pass until requests that wait for their turn have had it.</summary>
    private async Task<RelayOutcome[]> ReleaseAsync(params Task<RelayOutcome>[] waiting)
    {
        var all = Task.WhenAll(waiting);
        await Eventually.TrueAsync(() =>
        {
            if (!all.IsCompleted && _time.ArmedTimers > 0)
            {
                _time.Advance(TimeSpan.FromMilliseconds(1));
            }

            return all.IsCompleted;
        });
        return await all;
    }

    private BusPoller Start(IBus bus)
    {
        var poller = new BusPoller(
            Points.Bus(Points.Device("a", Points.Point("x", "a", 3600))), bus, new RecordingObserver(), new PollOptions(), new DriverContext(_time, NullLogger.Instance));
        poller.Start();
        return poller;
    }

    private sealed class RelayBus(FakeBus bus, ManualTimeProvider time) : IRelayBus
    {
        public ConcurrentQueue<byte> Asked { get; } = [];

        public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) => bus.CreateReader(device, points);

        public ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken) => bus.WriteAsync(point, value, cancellationToken);

        public ValueTask<RelayOutcome> RelayAsync(byte unit, ReadOnlyMemory<byte> request, Memory<byte> answer, CancellationToken cancellationToken)
        {
            Asked.Enqueue(unit);
            if (unit == Silent)
            {
                time.Advance(TimeSpan.FromSeconds(4));
                return new(new RelayOutcome(RelayStatus.NoAnswer));
            }

            new[] { unit, request.Span[0], (byte)request.Length }.CopyTo(answer);
            return new(new RelayOutcome(RelayStatus.Answered, 3));
        }

        public ValueTask DisposeAsync() => bus.DisposeAsync();
    }
}
