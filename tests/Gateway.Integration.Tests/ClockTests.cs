using System.Globalization;
using System.Text.Json;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>
/// The gateway on a machine that boots at 1970, and on one whose clock is set by a day while it runs. <c>GATEWAY_CLOCK_READINGS</c> makes
/// what it takes in without knowing the time more.
/// </summary>
public sealed class ClockTests(ITestOutputHelper output)
{
    private const string Readings = "plant1/+/+";

    private static readonly TimeSpan Rounding = TimeSpan.FromMilliseconds(2);

    private static readonly int ReadingsBefore =
        int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_CLOCK_READINGS"), CultureInfo.InvariantCulture, out var readings) ? readings : 400;

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    public async Task What_a_machine_read_before_it_knew_the_time_has_the_right_time_once_it_does()
    {
        await using var plant = await Plant.CreateAsync();
        plant.Clock.Offset = ToTheYear1970;
        await plant.Mosquitto.StopAsync();
        await plant.Gateway.StartAsync();
        var witnesses = new List<Published>();
        var wrong = plant.Clock.Offset;
        await using (var witness = await plant.Gateway.SubscribeAsync(Readings, 1))
        {
            await ReadAsync(witness, ReadingsBefore / 2);
            Assert.False((await plant.Gateway.StatusAsync()).GetProperty("isClockSynchronised").GetBoolean());
            Assert.Equal("unsynchronised", await RetainedAsync(plant, "plant1/$gateway/clock"));
            Assert.Contains("\"clock\":\"unsynchronised\"", await RetainedAsync(plant, "plant1/boiler/$state"));
            Assert.Contains("\"clock\":\"unsynchronised\"", await RetainedAsync(plant, "plant1/$gateway/uplink"));
            Assert.Equal(0, await plant.Gateway.StopAsync());
            witnesses.AddRange(Published.ReadingsFrom(witness).Where(reading => !reading.IsRetained));
        }

        // The service starts again before the clock is set: the machine did not.
        var startedAt = TimeProvider.System.GetUtcNow();
        await plant.Gateway.StartAsync();
        await using var second = await plant.Gateway.SubscribeAsync(Readings, 1);
        await ReadAsync(second, ReadingsBefore / 2);
        plant.Clock.Synchronise();
        await Eventually.TrueAsync(async () => await RetainedAsync(plant, "plant1/$gateway/clock") == "synchronised");
        await Eventually.TrueAsync(async () => !(await RetainedAsync(plant, "plant1/boiler/$state") + await RetainedAsync(plant, "plant1/$gateway/uplink")).Contains("clock"));
        Assert.InRange(await SinceAsync(plant), startedAt - Rounding, TimeProvider.System.GetUtcNow());
        await plant.Mosquitto.StartAgainAsync();
        await second.MoreAsync(20);
        witnesses.AddRange(Published.ReadingsFrom(second).Where(reading => !reading.IsRetained));
        await plant.Upstream.FirstAsync(witnesses[^1].Topic, plant.Gateway, there => there.Payload == witnesses[^1].Payload);

        var judged = Judged.Of(witnesses, Published.ReadingsFrom(plant.Upstream));
        var marked = witnesses.Where(reading => reading.Has("clock")).ToList();
        output.WriteLine($"{judged}; {marked.Count} before the clock was synchronised");
        Assert.InRange(marked.Count, ReadingsBefore / 2, int.MaxValue);
        Assert.Empty(judged.Lost);
        judged.AssertInOrder();
        foreach (var there in judged.First.Values)
        {
            Assert.False(there.Has("clock"), there.Payload);
        }

        var errors = marked.Select(here => (judged.First[here.Id!.Value].Time - (here.Time - wrong)).Duration()).ToList();
        output.WriteLine($"corrected to within {errors.Max().TotalMilliseconds:0.000} ms");
        Assert.All(errors, error => Assert.InRange(error, TimeSpan.Zero, Rounding));
    }

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    public async Task What_leaves_before_the_time_is_known_is_marked()
    {
        await using var plant = await Plant.CreateAsync();
        plant.Clock.Offset = ToTheYear1970;
        await plant.Gateway.StartAsync();
        await plant.Upstream.MoreAsync(50);
        plant.Clock.Synchronise();
        await Eventually.TrueAsync(() => !Published.ReadingsFrom(plant.Upstream)[^1].Has("clock"));

        var arrived = Published.ReadingsFrom(plant.Upstream);
        var marked = arrived.TakeWhile(reading => reading.Has("clock")).ToList();
        Assert.InRange(marked.Count, 30, arrived.Count - 1);
        Assert.All(marked, reading => Assert.Equal("unsynchronised", reading.Text("clock")));
        Assert.Contains(marked, reading => reading.Time.Year == 1970);
        Assert.All(arrived.Skip(marked.Count), reading => Assert.False(reading.Has("clock")));
        Assert.All(arrived.Skip(marked.Count), reading => Assert.InRange(TimeProvider.System.GetUtcNow() - reading.Time, TimeSpan.Zero, TimeSpan.FromMinutes(2)));
    }

    // As a boot goes whose network comes back with the uplink first and the time some seconds later.
    [PeerTheory(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    [InlineData("strict")]
    [InlineData("live-first")]
    public async Task A_backlog_whose_uplink_is_there_before_the_time_waits_for_the_time(string drain)
    {
        await using var plant = await Plant.CreateAsync($"queue: {{ drain: {drain} }}", isSecondUplink: true);
        plant.Clock.Offset = ToTheYear1970;
        await plant.Mosquitto.StopAsync();
        await plant.Second!.StopAsync();
        await plant.Gateway.StartAsync();
        await using var witness = await plant.Gateway.SubscribeAsync(Readings, 1);
        await ReadAsync(witness, 300); // 15 s
        await plant.Mosquitto.StartAgainAsync();
        await Eventually.TrueAsync(async () => (await RetainedAsync(plant, "plant1/$gateway/uplink/first")).Contains("\"waits\":\"the backlog waits for the clock"));
        await witness.MoreAsync(20);
        if (drain == "live-first")
        {
            await plant.Upstream.MoreAsync(20);
        }

        var early = Published.ReadingsFrom(plant.Upstream);
        var wrong = plant.Clock.Offset;
        plant.Clock.Synchronise();
        await Eventually.TrueAsync(async () => await RetainedAsync(plant, "plant1/$gateway/clock") == "synchronised");
        await plant.Second.StartAgainAsync();
        await witness.MoreAsync(20);
        var accepted = Published.ReadingsFrom(witness).Where(reading => !reading.IsRetained).ToList();
        await Eventually.TrueAsync(async () => !(await RetainedAsync(plant, "plant1/$gateway/uplink/first")).Contains("waits"));

        Assert.All(early, live => Assert.True(live.Has("clock") && !live.Has("backlog"), live.Payload));
        Assert.Equal(drain == "live-first", early.Count > 0);
        foreach (var upstream in new[] { plant.Upstream, plant.UpstreamOfSecond! })
        {
            await ArriveAsync(plant, upstream, accepted);
            var judged = Judged.Of(accepted, Published.ReadingsFrom(upstream));
            output.WriteLine($"{judged}; {judged.First.Values.Count(there => there.Has("clock"))} of them marked");
            Assert.Empty(judged.Lost);
            judged.AssertInOrderPerLane();
            if (drain == "strict" || upstream == plant.UpstreamOfSecond)
            {
                Assert.DoesNotContain(judged.First.Values, there => there.Has("clock"));
            }

            AssertCorrected(judged, wrong);
            Assert.DoesNotContain(judged.First.Values, there => there.Has("backlog") && there.Has("clock"));
            Assert.InRange(judged.First.Values.Count(there => !there.Has("clock")), 300, int.MaxValue);
        }
    }

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    public async Task What_was_read_for_a_connection_that_broke_before_it_was_sent_has_its_right_time()
    {
        await using var plant = await Plant.CreateAsync(every: "20 ms", isRelayed: true);
        plant.Clock.Offset = ToTheYear1970;
        await plant.Gateway.StartAsync();
        await using var witness = await plant.Gateway.SubscribeAsync(Readings, 1);
        await plant.Upstream.MoreAsync(20);
        plant.Relay!.IsSilent = true;
        var sent = Published.ReadingsFrom(plant.Upstream).Count;
        await ReadAsync(witness, 500);
        var wrong = plant.Clock.Offset;
        plant.Clock.Synchronise();
        await Eventually.TrueAsync(async () => await RetainedAsync(plant, "plant1/$gateway/clock") == "synchronised");
        plant.Relay.Reset();
        plant.Relay.IsSilent = false;
        await witness.MoreAsync(20);
        var accepted = Published.ReadingsFrom(witness).Where(reading => !reading.IsRetained).ToList();
        await ArriveAsync(plant, plant.Upstream, accepted);

        var judged = Judged.Of(accepted, Published.ReadingsFrom(plant.Upstream));
        var marked = judged.First.Values.Skip(sent).Count(there => there.Has("clock"));
        output.WriteLine($"{judged}; {marked} left without the right time");
        Assert.Empty(judged.Lost);
        judged.AssertInOrderPerLane();
        AssertCorrected(judged, wrong);

        // mosquitto takes 20 at once, and a poll that was on its way when the line fell silent.
        Assert.InRange(marked, 0, 25);
    }

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    public async Task Bare_values_before_MQTT_5_have_no_mark_and_arrive_all()
    {
        await using var plant = await Plant.CreateAsync(uplink: "protocol: 3.1.1, publish: { format: value }");
        plant.Clock.Offset = ToTheYear1970;
        await plant.Gateway.StartAsync();
        await using var witness = await plant.Gateway.SubscribeAsync(Readings, 1);
        await plant.Upstream.MoreAsync(40);
        await plant.Mosquitto.StopAsync();
        await ReadAsync(witness, 40);
        plant.Clock.Synchronise();
        await plant.Mosquitto.StartAgainAsync();
        await plant.Upstream.MoreAsync(60);

        var accepted = Published.ReadingsFrom(witness);
        Assert.Contains(accepted, reading => reading.Has("clock"));
        var values = Published.From(plant.Upstream).Where(there => there.Topic is "plant1/boiler/a" or "plant1/boiler/b").ToList();
        Assert.InRange(values.Count, accepted.Count(reading => reading.Has("clock")), int.MaxValue);
        Assert.All(values, there => Assert.Equal(there.Topic == "plant1/boiler/a" ? "10" : "11", there.Payload));
    }

    [PeerTheory(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Steps_of_a_day_disturb_neither_schedule_nor_order_nor_queue(bool isConnected)
    {
        await using var plant = await Plant.CreateAsync("queue: { max-age: 1 h }");
        plant.Clock.Synchronise();
        await plant.Gateway.StartAsync();
        await using var witness = await plant.Gateway.SubscribeAsync(Readings, 1);
        await witness.MoreAsync(40);
        if (!isConnected)
        {
            await plant.Mosquitto.StopAsync();
        }

        var begin = TimeProvider.System.GetUtcNow();
        var (polledBefore, asked, answered) = await PollsAsync(plant);
        int[] steps = [1, -1, 0, -1, 1, 0];
        foreach (var days in steps)
        {
            plant.Clock.Offset = TimeSpan.FromDays(days);
            await witness.MoreAsync(60);
        }

        var (polled, askedAgain, answeredAgain) = await PollsAsync(plant);
        var least = TimeProvider.System.GetElapsedTime(answered, askedAgain) / TimeSpan.FromMilliseconds(100);
        var most = TimeProvider.System.GetElapsedTime(asked, answeredAgain) / TimeSpan.FromMilliseconds(100);
        output.WriteLine($"{polled - polledBefore} polls in a time for {least:0.0} to {most:0.0}");
        if (!isConnected)
        {
            await plant.Mosquitto.StartAgainAsync();
        }

        await witness.MoreAsync(20);
        var end = TimeProvider.System.GetUtcNow();
        var accepted = Published.ReadingsFrom(witness).Where(reading => !reading.IsRetained).ToList();
        await plant.Upstream.FirstAsync(accepted[^1].Topic, plant.Gateway, there => there.Payload == accepted[^1].Payload);

        // Each has the time that the clock showed, step for step, and without the steps they follow each other.
        foreach (var point in accepted.GroupBy(reading => reading.Topic))
        {
            var days = point.Select(reading => (int)Math.Round((reading.Time - begin).TotalDays)).ToList();
            List<int> runs = [.. days.Where((day, i) => i == 0 || day != days[i - 1])];
            Assert.Equal([0, .. steps], runs);
            var times = point.Zip(days, (reading, day) => reading.Time - TimeSpan.FromDays(day)).ToList();
            Assert.Equal(times.Order(), times);
            Assert.InRange(times[^1], end - TimeSpan.FromSeconds(10), end);
            Assert.DoesNotContain(point, reading => reading.Has("clock"));
        }

        // One is under way at either end, and one may be late by nearly its period.
        Assert.InRange(polled - polledBefore, least - 2, most + 2);
        var queue = (await plant.Gateway.StatusAsync()).GetProperty("queue");
        Assert.Equal(0, queue.GetProperty("dropped").GetInt64());
        var judged = Judged.Of(accepted, Published.ReadingsFrom(plant.Upstream));
        output.WriteLine(judged.ToString());
        Assert.Empty(judged.Lost);
        judged.AssertSame();
        foreach (var point in judged.First.Values.GroupBy(reading => reading.Topic))
        {
            var ids = point.Select(reading => reading.Id!.Value).ToList();
            Assert.Equal(ids.Order(), ids);
        }

        Assert.Equal(6, plant.Gateway.Log.Split("The clock was set by ").Length - 1);
    }

    private static TimeSpan ToTheYear1970 => new DateTimeOffset(1970, 1, 1, 0, 0, 20, TimeSpan.Zero) - TimeProvider.System.GetUtcNow();

    private static async Task ReadAsync(MosquittoSubscriber witness, int count)
    {
        for (var left = count; left > 0; left -= 100)
        {
            await witness.MoreAsync(Math.Min(left, 100));
        }
    }

    // The last of them is there, and so are all before it: of each point its own.
    private static async Task ArriveAsync(Plant plant, MosquittoSubscriber upstream, IReadOnlyList<Published> accepted)
    {
        foreach (var last in accepted.GroupBy(reading => reading.Topic).Select(point => point.Last()))
        {
            await upstream.FirstAsync(last.Topic, plant.Gateway, there => there.Id == last.Id);
        }

        await Eventually.TrueAsync(() => Judged.Of(accepted, Published.ReadingsFrom(upstream)).Lost.Count == 0, () => $"{Judged.Of(accepted, Published.ReadingsFrom(upstream))}");
    }

    // What was told with a mark on site, and arrived without one, is right.
    private void AssertCorrected(Judged judged, TimeSpan wrong)
    {
        var errors = judged.Accepted.Where(here => here.Has("clock")).Select(here => (Here: here, There: judged.First[here.Id!.Value]))
            .Where(pair => !pair.There.Has("clock"))
            .Select(pair => (pair.There.Time - (pair.Here.Time - wrong)).Duration())
            .ToList();
        output.WriteLine($"{errors.Count} corrected to within {errors.Max().TotalMilliseconds:0.000} ms");
        Assert.All(errors, error => Assert.InRange(error, TimeSpan.Zero, Rounding));
    }

    private static async Task<string> RetainedAsync(Plant plant, string topic)
    {
        await using var subscriber = await plant.Gateway.SubscribeAsync(topic, 1);
        await subscriber.WaitForAsync(1);
        return subscriber.Payloads[0];
    }

    private static async Task<DateTimeOffset> SinceAsync(Plant plant) =>
        JsonElement.Parse(await RetainedAsync(plant, "plant1/boiler/$state")).GetProperty("since").GetDateTimeOffset();

    // Reads of the one device, those that were left out among them.
    private static async Task<(long Polls, long Asked, long Answered)> PollsAsync(Plant plant)
    {
        var asked = TimeProvider.System.GetTimestamp();
        var bus = (await plant.Gateway.StatusAsync()).GetProperty("buses")[0];
        return (bus.GetProperty("polls").GetInt64() + bus.GetProperty("missed").GetInt64(), asked, TimeProvider.System.GetTimestamp());
    }

    /// <summary>A gateway whose clock can be set, a device that is read ten times a second, and a broker upstream with a subscriber that stays.</summary>
    private sealed class Plant : IAsyncDisposable
    {
        public required PymodbusServer Modbus { get; init; }

        public required MosquittoBroker Mosquitto { get; init; }

        public required MosquittoSubscriber Upstream { get; init; }

        public required GatewayInstallation Gateway { get; init; }

        public required SetClock Clock { get; init; }

        /// <summary>Between the gateway and the broker.</summary>
        public TcpRelay? Relay { get; init; }

        /// <summary>The broker of the second uplink.</summary>
        public MosquittoBroker? Second { get; init; }

        public MosquittoSubscriber? UpstreamOfSecond { get; init; }

        public static async Task<Plant> CreateAsync(string settings = "", string every = "100 ms", string uplink = "", bool isRelayed = false, bool isSecondUplink = false)
        {
            var modbus = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit> { [1] = new() { Holding = { [0] = [10, 11] } } });
            var mosquitto = await MosquittoBroker.StartAsync();
            var relay = isRelayed ? TcpRelay.Start(mosquitto.Port) : null;
            var second = isSecondUplink ? await MosquittoBroker.StartAsync() : null;
            var first = $"url: \"{relay?.Uri ?? mosquitto.Uri}\"";
            var uplinks = second is null
                ? $"uplink: {{ {string.Join(", ", new[] { first, uplink }.Where(part => part.Length > 0))} }}"
                : $"uplink: [{{ name: first, {first} }}, {{ name: second, url: \"{second.Uri}\" }}]";
            var gateway = new GatewayInstallation($"{uplinks}\n{settings}", $$"""
                bus: { modbus: tcp, host: 127.0.0.1, port: {{modbus.Port}} }
                devices:
                  - { name: boiler, unit: 1, every: {{every}}, points: { a: { holding: 0 }, b: { holding: 1 } } }
                """);
            return new Plant
            {
                Modbus = modbus,
                Mosquitto = mosquitto,
                Upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge"),
                Gateway = gateway,
                Clock = await gateway.SetClockAsync(),
                Relay = relay,
                Second = second,
                UpstreamOfSecond = second is null ? null : await second.SubscribeAsync(Readings, 1, "-c", "-i", "judge"),
            };
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Upstream.DisposeAsync();
            await (UpstreamOfSecond?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (Relay?.DisposeAsync() ?? ValueTask.CompletedTask);
            await Mosquitto.DisposeAsync();
            await (Second?.DisposeAsync() ?? ValueTask.CompletedTask);
            await Modbus.DisposeAsync();
        }
    }
}
