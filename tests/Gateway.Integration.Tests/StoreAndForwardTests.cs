using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>The upstream broker is away and the gateway is killed meanwhile: what was accepted arrives, in order, with its own time.</summary>
public sealed class StoreAndForwardTests
{
    private const string Map = """
        bus: { simulated: true }
        devices:
          - name: attic
            every: 50 ms
            points:
              a: { simulate: "counter(0, 20)" }
              b: { simulate: "counter(0, 20)" }
          - name: cellar
            every: 70 ms
            points:
              c: { simulate: "counter(0, 20)" }
        """;

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task Every_accepted_reading_arrives_though_the_broker_was_away_and_the_gateway_was_killed()
    {
        await using var upstream = await MosquittoBroker.StartAsync();
        await using var arrived = await upstream.SubscribeAsync("plant1/+/+", 1, "-c", "-i", "collector");
        using var folder = new GatewayFolder();
        folder.Configure($"queue: {{ max-loss: none }}\nuplink: {{ url: \"{upstream.Uri}\" }}");
        folder.WriteMap("plant.yaml", Map);
        var accepted = new List<string>();

        await using (var first = folder.Run())
        {
            await first.WaitForErrorAsync("MQTT listens on");
            await using var local = await MosquittoSubscriber.StartAsync(folder.BrokerPort, "plant1/+/+", 1);
            await arrived.WaitForAsync(50);
            await upstream.StopAsync();
            await local.WaitForAsync(local.Count + 100);
            await first.KillAsync();
            accepted.AddRange(Telemetry(local));
        }

        await using var second = folder.Run();
        await second.WaitForErrorAsync("MQTT listens on");
        await using var localAgain = await MosquittoSubscriber.StartAsync(folder.BrokerPort, "plant1/+/+", 1);
        await localAgain.WaitForAsync(100);
        await upstream.StartAgainAsync();
        accepted.AddRange(Telemetry(localAgain));
        await Eventually.TrueAsync(
            () => accepted.ToHashSet().IsSubsetOf(Telemetry(arrived)),
            () => $"{accepted.Except(Telemetry(arrived)).Count()} of {accepted.Count} accepted readings did not arrive; the gateway said:\n{second.Error}");
        Assert.Equal(0, await second.StopAsync());

        // One id is one reading: what came twice is the same text, time included.
        var readings = Telemetry(arrived).Select(payload => new Published(payload)).ToArray();
        Assert.All(readings.GroupBy(reading => reading.Id), same => Assert.Single(same.Select(reading => reading.Text).Distinct()));
        Assert.Equal(2, readings.Select(reading => reading.Boot).Distinct().Count());

        foreach (var point in readings.DistinctBy(reading => reading.Id).GroupBy(reading => reading.Topic))
        {
            var order = point.Select(reading => (reading.Boot, reading.Sequence)).ToArray();
            Assert.Equal(order.Order(), order);
            var times = point.Select(reading => reading.Time).ToArray();
            Assert.Equal(times.Order(), times);
        }
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task An_uplink_that_is_away_is_said_once_and_taken_up_when_it_comes()
    {
        using var folder = new GatewayFolder();
        await using var upstream = await MosquittoBroker.StartAsync();
        await upstream.StopAsync();
        folder.Configure($"uplink: {{ url: \"{upstream.Uri}\" }}");
        folder.WriteMap("plant.yaml", Map);
        await using var gateway = folder.Run();
        await gateway.WaitForErrorAsync($"127.0.0.1:{upstream.Port}");

        // Several attempts, one line.
        await Eventually.TrueAsync(async () => await QueueDepth(folder) > 200);
        await upstream.StartAgainAsync();
        await using var arrived = await upstream.SubscribeAsync("plant1/+/+", 1);
        await arrived.WaitForAsync(100);

        Assert.Equal(0, await gateway.StopAsync());
        Assert.Single(gateway.Error.Split('\n'), line => line.Contains(" warn ", StringComparison.Ordinal) && line.Contains($":{upstream.Port}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_corrupt_queue_is_set_aside_and_the_service_starts()
    {
        using var folder = new GatewayFolder();
        folder.Configure("uplink: { url: mqtt://127.0.0.1:1 }");
        folder.WriteMap("plant.yaml", Map);
        var queue = Path.Combine(folder.DataFolder, "queue");
        await using (var first = folder.Run())
        {
            await first.WaitForErrorAsync("attic on simulated 1 answers");
            Assert.Equal(0, await first.StopAsync());
        }

        var file = Directory.GetFiles(queue, "*.db").Single();
        foreach (var beside in Directory.GetFiles(queue).Where(path => path != file))
        {
            File.Delete(beside);
        }

        await File.WriteAllBytesAsync(file, [.. Enumerable.Repeat((byte)0x5A, 8192)]);

        await using var second = folder.Run();
        await second.WaitForErrorAsync("attic on simulated 1 answers");
        Assert.Single(Directory.GetFiles(queue, "*corrupt*"));
        Assert.Contains("corrupt", second.Error, StringComparison.Ordinal);
        Assert.Equal(0, await second.StopAsync());
    }

    private static async Task<long> QueueDepth(GatewayFolder folder)
    {
        var (_, output, _) = await GatewayProcess.RunAsync("queue", "stats", "--config", folder.ConfigurationPath, "--json");
        using var queue = JsonDocument.Parse(output);
        return queue.RootElement.GetProperty("depth").GetInt64();
    }

    /// <summary>Topic and payload of each reading; a retained message came before as what it is.</summary>
    private static List<string> Telemetry(MosquittoSubscriber subscriber) =>
        [.. subscriber.Messages.Where(message => message.Contains("\"id\":", StringComparison.Ordinal)).Select(message => message.Split(' ', 4) is [var topic, _, _, var payload] ? $"{topic} {payload}" : "")];

    private sealed record Published(string Text)
    {
        private readonly JsonElement _payload = JsonDocument.Parse(Text[Text.IndexOf('{', StringComparison.Ordinal)..]).RootElement;

        public string Topic => Text[..Text.IndexOf(' ', StringComparison.Ordinal)];

        public string Id => _payload.GetProperty("id").GetString()!;

        public int Boot => int.Parse(Id.Split('-')[^2], System.Globalization.CultureInfo.InvariantCulture);

        public long Sequence => long.Parse(Id.Split('-')[^1], System.Globalization.CultureInfo.InvariantCulture);

        public DateTimeOffset Time => _payload.GetProperty("time").GetDateTimeOffset();
    }
}
