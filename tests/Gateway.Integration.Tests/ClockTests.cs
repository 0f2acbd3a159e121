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

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    public async Task Steps_of_a_day_disturb_neither_schedule_nor_order_nor_queue()
    {
        await using var plant = await Plant.CreateAsync("queue: { max-age: 1 h }");
        plant.Clock.Synchronise();
        await plant.Gateway.StartAsync();
        await using var witness = await plant.Gateway.SubscribeAsync(Readings, 1);
        await witness.MoreAsync(40);
        await plant.Mosquitto.StopAsync();
        var (polledBefore, asked, answered) = await PollsAsync(plant);
        foreach (var days in new[] { 1, -1, 0, -1, 1, 0 })
        {
            plant.Clock.Offset = TimeSpan.FromDays(days);
            await witness.MoreAsync(60);
        }

        var (polled, askedAgain, answeredAgain) = await PollsAsync(plant);
        var least = TimeProvider.System.GetElapsedTime(answered, askedAgain) / TimeSpan.FromMilliseconds(100);
        var most = TimeProvider.System.GetElapsedTime(asked, answeredAgain) / TimeSpan.FromMilliseconds(100);
        output.WriteLine($"{polled - polledBefore} polls in a time for {least:0.0} to {most:0.0}");
        await plant.Mosquitto.StartAgainAsync();
        await witness.MoreAsync(20);
        var accepted = Published.ReadingsFrom(witness).Where(reading => !reading.IsRetained).ToList();
        await plant.Upstream.FirstAsync(accepted[^1].Topic, plant.Gateway, there => there.Payload == accepted[^1].Payload);

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

        public static async Task<Plant> CreateAsync(string settings = "")
        {
            var modbus = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit> { [1] = new() { Holding = { [0] = [10, 11] } } });
            var mosquitto = await MosquittoBroker.StartAsync();
            var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}\n{settings}", $$"""
                bus: { modbus: tcp, host: 127.0.0.1, port: {{modbus.Port}} }
                devices:
                  - { name: boiler, unit: 1, every: 100 ms, points: { a: { holding: 0 }, b: { holding: 1 } } }
                """);
            return new Plant
            {
                Modbus = modbus,
                Mosquitto = mosquitto,
                Upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge"),
                Gateway = gateway,
                Clock = await gateway.SetClockAsync(),
            };
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Upstream.DisposeAsync();
            await Mosquitto.DisposeAsync();
            await Modbus.DisposeAsync();
        }
    }
}
