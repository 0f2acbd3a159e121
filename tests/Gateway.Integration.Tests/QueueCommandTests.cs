using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>What <c>gateway queue</c> does with what waits for an uplink.</summary>
public sealed class QueueCommandTests
{
    private const string Map = """
        bus: { simulated: true }
        devices: [{ name: attic, every: 50 ms, points: { a: { simulate: "counter(0, 20)" }, b: { simulate: "counter(0, 20)" } } }]
        """;

    [PeerFact(Peer.MosquittoClients)]
    public async Task What_waits_is_printed_as_it_was_published_on_site_and_thrown_away_when_asked_to()
    {
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"mqtt://127.0.0.1:{LoopbackPort.Free()}\" }}", Map);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync("plant1/+/+", 1);
        await Eventually.TrueAsync(async () => (await gateway.StatusAsync()).GetProperty("queue").GetProperty("depth").GetInt64() > 100);
        Assert.Equal(0, await gateway.StopAsync());
        var seen = Published.ReadingsFrom(witness).Select(reading => reading.Id!.Value).ToList();

        var exported = await ExportAsync(gateway);
        Assert.True(exported.Count > 100, $"{exported.Count} were exported");
        Assert.Equal(exported.Order(), exported);
        Assert.Subset(exported.ToHashSet(), seen.ToHashSet());

        Assert.StartsWith($"{exported.Count} readings and 0 that were parked are gone", await gateway.QueueAsync("purge", "--all"), StringComparison.Ordinal);
        Assert.Empty(await ExportAsync(gateway, isThere: false));

        // The next start gives no key that an earlier one gave.
        await gateway.StartAsync();
        await Eventually.TrueAsync(async () => (await gateway.StatusAsync()).GetProperty("queue").GetProperty("depth").GetInt64() > 10);
        var (exitCode, _, error) = await gateway.RunQueueAsync("purge", "--all");
        Assert.Equal(1, exitCode);
        Assert.StartsWith("gateway: another gateway uses the data folder", error, StringComparison.Ordinal);
        Assert.Equal(0, await gateway.StopAsync());
        var later = await ExportAsync(gateway);
        Assert.NotEmpty(later);
        Assert.True(later[0].Boot > exported[^1].Boot);

        // A queue that cannot be read is one to be rid of.
        await File.WriteAllTextAsync(gateway.QueueFile, new string('x', 5000));
        Assert.StartsWith("all readings (", await gateway.QueueAsync("purge", "--all"), StringComparison.Ordinal);
        Assert.False(File.Exists(gateway.QueueFile));
    }

    [PeerFact(Peer.Mosquitto)]
    public async Task A_backlog_that_drains_is_followed_to_its_end()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await mosquitto.StopAsync();
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}", Map);
        await gateway.StartAsync();
        await Eventually.TrueAsync(async () => (await gateway.StatusAsync()).GetProperty("queue").GetProperty("depth").GetInt64() > 200);

        var following = gateway.QueueAsync("stats", "--follow");
        await mosquitto.StartAgainAsync();
        var lines = (await following).TrimEnd().Split('\n');

        Assert.Contains(" readings wait (", lines[0], StringComparison.Ordinal);
        var left = (await gateway.StatusAsync()).GetProperty("queue").GetProperty("depth").GetInt64();
        Assert.True(left < 200, $"{left} readings wait after {lines[^1]}");
    }

    [PeerFact(Peer.MosquittoClients)]
    public async Task What_the_bridge_has_is_shown_beside_it_and_named()
    {
        await using var gateway = new GatewayInstallation(
            $"uplink: {{ url: \"mqtt://127.0.0.1:{LoopbackPort.Free()}\" }}\nbridge: {{ topics: [{{ pattern: \"lamp/#\", direction: out, remote-prefix: \"site/\" }}] }}", Map);
        await gateway.StartAsync();
        foreach (var payload in new[] { "on", "dimmed \"by half\"", "\u00ff" })
        {
            // In Latin-1 the last one is no UTF-8.
            var file = Path.GetTempFileName();
            await File.WriteAllBytesAsync(file, System.Text.Encoding.Latin1.GetBytes(payload));
            await using var lamp = PeerProcess.Start("mosquitto_pub", ["-h", "127.0.0.1", "-p", $"{gateway.Port}", "-t", "lamp/1", "-q", "1", "-f", file]);
            Assert.True(await lamp.WaitForExitAsync() == 0, lamp.Output);
            File.Delete(file);
        }

        Assert.Contains("\nbridge: 3 messages wait (", await gateway.QueueAsync("stats"), StringComparison.Ordinal);
        Assert.Equal(3, JsonElement.Parse(await gateway.QueueAsync("stats", "--json")).GetProperty("bridge").GetProperty("depth").GetInt64());
        Assert.Equal(0, await gateway.StopAsync());
        var stats = await gateway.QueueAsync("stats");
        Assert.Contains("\nbridge: 3 messages wait (", stats, StringComparison.Ordinal);
        Assert.Contains("readings wait (", stats, StringComparison.Ordinal);
        var rows = JsonElement.Parse(await gateway.QueueAsync("list", "--json")).EnumerateArray().Select(row => $"{row.GetProperty("queue")} {row.GetProperty("device")}");
        Assert.Equal(["readings attic", "bridge lamp/#"], rows);
        Assert.Equal(
            [
                """{"queue":"bridge","topic":"site/lamp/1","qos":1,"payload":"on"}""",
                """{"queue":"bridge","topic":"site/lamp/1","qos":1,"payload":"dimmed \"by half\""}""",
                """{"queue":"bridge","topic":"site/lamp/1","qos":1,"base64":"/w=="}""",
            ],
            (await gateway.QueueAsync("export")).Split('\n').Where(line => line.StartsWith("{\"queue\"", StringComparison.Ordinal)));
    }

    private static async Task<IReadOnlyList<(int Boot, long Sequence)>> ExportAsync(GatewayInstallation gateway, bool isThere = true)
    {
        var (exitCode, output, error) = await gateway.RunQueueAsync("export");
        Assert.True(exitCode == (isThere ? 0 : 1), error);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            using var message = JsonDocument.Parse(line);
            var payload = message.RootElement.GetProperty("payload");
            Assert.StartsWith("plant1/attic/", message.RootElement.GetProperty("topic").GetString(), StringComparison.Ordinal);
            Assert.Equal("good", payload.GetProperty("quality").GetString());
            var id = payload.GetProperty("id").GetString()!.Split('-');
            return (int.Parse(id[1], System.Globalization.CultureInfo.InvariantCulture), long.Parse(id[2], System.Globalization.CultureInfo.InvariantCulture));
        })];
    }
}
