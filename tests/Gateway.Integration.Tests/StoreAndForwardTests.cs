using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>What the service says and does when its uplink is away or its queue is damaged; <see cref="OutageTests"/> counts what arrives.</summary>
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

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task With_live_first_alarms_come_first_and_the_backlog_beside_what_is_live_marked_and_in_order()
    {
        await using var upstream = await MosquittoBroker.StartAsync();
        await using var arrived = await upstream.SubscribeAsync("plant1/+/+", 1, "-c", "-i", "judge");
        await using var gateway = new GatewayInstallation(
            $"uplink: {{ url: \"{upstream.Uri}\" }}\nqueue: {{ drain: live-first, drain-rate: 200 }}",
            Map.Replace("""c: { simulate: "counter(0, 20)" }""", """alarm: { simulate: "counter(0, 20)", priority: high }""", StringComparison.Ordinal));
        await upstream.StopAsync();
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync("plant1/+/+", 1);
        await Eventually.TrueAsync(async () => (await gateway.StatusAsync()).GetProperty("queue").GetProperty("depth").GetInt64() > 300);
        await upstream.StartAgainAsync();
        await arrived.WaitForAsync(600);
        var accepted = Published.ReadingsFrom(witness).Select(reading => reading.Id).ToHashSet();
        await Eventually.TrueAsync(
            () => accepted.IsSubsetOf(Published.ReadingsFrom(arrived).Select(reading => reading.Id)),
            () => $"{accepted.Except(Published.ReadingsFrom(arrived).Select(reading => reading.Id)).Count()} of {accepted.Count} are missing.\n{gateway.Log}");

        var readings = Published.ReadingsFrom(arrived).DistinctBy(reading => reading.Id).ToList();
        var backlog = readings.Where(reading => reading.Has("backlog")).ToList();
        Assert.True(backlog.Count > 300, $"{backlog.Count} are marked");
        Assert.All(backlog.Take(20), alarm => Assert.EndsWith("/alarm", alarm.Topic, StringComparison.Ordinal));
        foreach (var lane in readings.Where(reading => !reading.Topic.EndsWith("/alarm", StringComparison.Ordinal)).GroupBy(reading => reading.Has("backlog")))
        {
            var ids = lane.Select(reading => reading.Id!.Value).ToList();
            Assert.Equal(ids.Order(), ids);
        }

        // Live ones did not wait for the backlog, which took seconds at its rate.
        var firstLive = readings.FindIndex(reading => !reading.Has("backlog"));
        Assert.Contains(readings.Skip(firstLive), reading => reading.Has("backlog"));
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task What_the_queue_dropped_is_counted_by_device_and_published_at_both_brokers()
    {
        await using var upstream = await MosquittoBroker.StartAsync();
        await upstream.StopAsync();
        await using var gateway = new GatewayInstallation(
            $"uplink: {{ url: \"{upstream.Uri}\" }}\nqueue: {{ max-age: 3 s, max-loss: 100 ms }}", Map);
        await gateway.StartAsync();
        await using var local = await gateway.SubscribeAsync("plant1/$gateway/queue", 1);
        var told = await local.FirstAsync("plant1/$gateway/queue", gateway, queue => queue.Payload.Contains("\"cellar\"", StringComparison.Ordinal));
        using (var drops = JsonDocument.Parse(told.Payload))
        {
            Assert.Equal(["attic", "cellar"], drops.RootElement.GetProperty("drops").EnumerateObject().Select(device => device.Name));
            Assert.True(drops.RootElement.GetProperty("drops").GetProperty("attic").GetProperty("expired").GetInt64() > 0, told.Payload);
        }

        var queue = (await gateway.StatusAsync()).GetProperty("queue");
        Assert.Equal(["attic", "cellar"], queue.GetProperty("drops").EnumerateArray().Select(drops => drops.GetProperty("device").GetString()).Order());
        await upstream.StartAgainAsync();
        await using var arrived = await upstream.SubscribeAsync("plant1/$gateway/queue", 1);
        await arrived.FirstAsync("plant1/$gateway/queue", gateway);
    }

    [PeerTheory(Peer.MosquittoClients)]
    [InlineData("none")]
    [InlineData("1 s")]
    public async Task With_block_a_full_queue_refuses_and_counts_and_those_on_site_see_everything(string maxLoss)
    {
        await using var gateway = new GatewayInstallation(
            $"uplink: {{ url: mqtt://127.0.0.1:1 }}\nqueue: {{ full: block, max-size: 1 MB, max-loss: {maxLoss} }}", $$"""
            bus: { simulated: true }
            devices: [{ name: plant, every: 50 ms, points: { {{string.Join(", ", Enumerable.Range(0, 50).Select(i => $"p{i}: {{ simulate: \"counter(0, 20)\" }}"))}} } }]
            """);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync("plant1/plant/+", 1);
        await using var told = await gateway.SubscribeAsync("plant1/$gateway/queue", 1);
        await told.FirstAsync("plant1/$gateway/queue", gateway, queue => queue.Payload.Contains("\"drops\":{\"plant\":{\"blocked\":", StringComparison.Ordinal));
        await witness.MoreAsync(500);

        // None is missing between the first and the last, and each point is in order.
        var readings = Published.ReadingsFrom(witness).DistinctBy(reading => reading.Id).ToList();
        var sequences = readings.Select(reading => reading.Id!.Value.Sequence).Order().ToList();
        Assert.Equal(sequences[^1] - sequences[0] + 1, sequences.Count);
        Judged.Of([], readings).AssertInOrder();
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
}
