using System.Globalization;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>
/// The network to the uplink is slow, silent, resets, closes half, and leaves connections behind that the broker does not know to be
/// dead, one after the other. <c>GATEWAY_NETWORK_FAULTS</c> makes it longer: an hour has some hundred.
/// </summary>
public sealed class NetworkTests(ITestOutputHelper output)
{
    private const string Readings = "plant1/+/+";
    private const int MostWaiting = 500;

    // GPRS: 2 kB/s up, an answer after most of a second.
    private const int SlowBytesPerSecond = 2_000;
    private static readonly TimeSpan SlowDelay = TimeSpan.FromMilliseconds(300);

    private static readonly int Faults =
        int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_NETWORK_FAULTS"), CultureInfo.InvariantCulture, out var faults) ? faults : 6;

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData("strict", 1)]
    [InlineData("live-first", 1)]
    [InlineData("strict", 2)]
    public async Task Over_a_bad_network_everything_arrives_in_order(string drain, int qos)
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await using var network = TcpRelay.Start(mosquitto.Port);
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{network.Uri}\", qos: {qos} }}\nqueue: {{ drain: {drain} }}", """
            bus: { simulated: true }
            devices:
              - { name: boiler, every: 50 ms, points: { a: { simulate: "counter(0, 20)" }, b: { simulate: "counter(0, 20)" } } }
              - { name: tank, every: 70 ms, points: { a: { simulate: "counter(0, 20)" }, b: { simulate: "counter(0, 20)" } } }
            """);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        var random = new Random(7);
        for (var fault = 0; fault < Faults; fault++)
        {
            await upstream.MoreAsync(random.Next(1, 100));
            switch (fault % 6)
            {
                case 0:
                    network.Reset();
                    break;
                case 1:
                    network.Delay = SlowDelay;
                    network.BytesPerSecond = SlowBytesPerSecond;
                    await witness.MoreAsync(random.Next(50, 150));
                    network.Delay = TimeSpan.Zero;
                    network.BytesPerSecond = null;
                    break;
                case 2:
                    network.CloseHalf();
                    break;
                case 3:
                    network.IsSilent = true;
                    await witness.MoreAsync(random.Next(50, 300));
                    network.IsSilent = false;
                    break;
                case 4:
                    network.Abandon();
                    break;
                case 5:
                    // Nothing comes of what was on its way.
                    network.IsSilent = true;
                    await witness.MoreAsync(random.Next(1, 100));
                    network.Reset();
                    network.IsSilent = false;
                    break;
            }
        }

        await BacklogGoesAsync(gateway);
        await witness.MoreReadingsAsync(20);
        var accepted = Published.ReadingsFrom(witness);
        await upstream.FirstAsync(accepted[^1].Topic, gateway, there => there.Id == accepted[^1].Id);

        // With live-first the backlog may be behind the last one.
        await Eventually.TrueAsync(() => drain == "strict" || Judged.Of(accepted, Published.ReadingsFrom(upstream)).Lost.Count == 0, () => gateway.Log);
        var judged = Judged.Of(accepted, Published.ReadingsFrom(upstream));
        output.WriteLine($"{drain}, QoS {qos}, {Faults} faults: {judged}");
        Assert.Empty(judged.Lost);
        Published.AssertHaveKeys(upstream);
        judged.AssertSame();
        if (drain == "strict")
        {
            judged.AssertInOrder();
        }
        else
        {
            judged.AssertInOrderPerLane();
        }

        if (qos == 2)
        {
            Assert.Equal(judged.First.Count, judged.Arrived.Count);
        }
    }

    /// <summary>A line that takes less than what is acquired: thousands of live readings wait for it, and the backlog has its share of it all the same.</summary>
    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task On_a_line_that_live_readings_fill_the_backlog_gets_on_too()
    {
        const int waiting = 2000; // that the gateway has under way at most
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var network = TcpRelay.Start(mosquitto.Port);
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{network.Uri}\" }}\nqueue: {{ drain: live-first }}", $$"""
            bus: { simulated: true }
            devices: [{ name: plant, every: 50 ms, points: { {{string.Join(", ", Enumerable.Range(0, 75).Select(i => $"p{i}: {{ simulate: \"counter(0, 20)\" }}"))}} } }]
            """);
        await mosquitto.StopAsync();
        await gateway.StartAsync();
        await Eventually.TrueAsync(async () => await DepthAsync(gateway) > 8000);
        network.BytesPerSecond = 100_000;
        await mosquitto.StartAgainAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 0);

        // What was under way when the line was full has arrived, and as much again.
        await upstream.WaitForAsync(3 * waiting);
        var backlog = Published.ReadingsFrom(upstream).Skip(2 * waiting).Take(waiting).Count(reading => reading.Has("backlog"));
        output.WriteLine($"{backlog} of {waiting} were backlog");
        Assert.InRange(backlog, waiting / 5, waiting / 2);
    }

    // What an hour of trouble left takes its time, and becomes less all the while.
    private static async Task BacklogGoesAsync(GatewayInstallation gateway)
    {
        for (var depth = await DepthAsync(gateway); depth > MostWaiting;)
        {
            var wanted = depth * 9 / 10;
            await Eventually.TrueAsync(async () => (depth = await DepthAsync(gateway)) <= wanted, () => $"{depth} readings wait.\n{gateway.Log}");
        }
    }

    private static async Task<long> DepthAsync(GatewayInstallation gateway) => (await gateway.StatusAsync()).GetProperty("queue").GetProperty("depth").GetInt64();
}
