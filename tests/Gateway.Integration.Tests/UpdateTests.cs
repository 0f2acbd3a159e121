using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>A service update while the uplink is away: the service ends, and another one finds what waits.</summary>
public sealed class UpdateTests
{
    private const string Readings = "plant1/+/+";

    // The queue's tables as version 3 of the file had them.
    private const string Version3 = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE point (id INTEGER PRIMARY KEY, device TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (device, name));
        CREATE TABLE record (position INTEGER PRIMARY KEY, boot INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL, point INTEGER NOT NULL, body BLOB NOT NULL,
            urgent INTEGER NOT NULL DEFAULT 0, uptime INTEGER, unsynchronised INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX urgent_record ON record (urgent) WHERE urgent = 1;
        CREATE TABLE acknowledged (reader TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (reader, first)) WITHOUT ROWID;
        CREATE TABLE boot (boot INTEGER PRIMARY KEY, machine TEXT NOT NULL, offset INTEGER);
        CREATE TABLE departed (reader TEXT NOT NULL, label INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (reader, label), UNIQUE (reader, position)) WITHOUT ROWID;
        CREATE TABLE parked (id INTEGER PRIMARY KEY, reader TEXT NOT NULL, reason TEXT NOT NULL, boot INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL,
            unsynchronised INTEGER NOT NULL, device TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL, urgent INTEGER NOT NULL, uptime INTEGER, UNIQUE (reader, boot, sequence));
        INSERT INTO meta SELECT key, value FROM now.meta;
        INSERT INTO point SELECT id, device, name FROM now.point;
        INSERT INTO record SELECT position, boot, sequence, time, point, body, urgent, uptime, unsynchronised FROM now.record;
        INSERT INTO acknowledged SELECT reader, first, last FROM now.acknowledged;
        INSERT INTO boot SELECT boot, machine, offset FROM now.boot;
        PRAGMA user_version = 3;
        """;

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData("drop-oldest", false)]
    [InlineData("drop-oldest", true)]
    [InlineData("block", false)]
    public async Task With_a_queue_at_its_bound_a_restart_loses_nothing_of_it(string full, bool isKilled)
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await mosquitto.StopAsync();
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}\nqueue: {{ max-size: 1 MB, full: {full} }}", Map("10 ms"));
        await gateway.StartAsync();
        await Eventually.TrueAsync(async () => (await gateway.StatusAsync()).GetProperty("queue").GetProperty("dropped").GetInt64() > 100, () => gateway.Log);
        await (isKilled ? gateway.KillAsync() : gateway.StopAsync());
        var waiting = await ExportAsync(gateway);
        Assert.True(waiting.Count > 3000, $"{waiting.Count} wait");

        await AssertArriveAsync(waiting, gateway, mosquitto, upstream);
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients, Peer.Sqlite)]
    public async Task What_an_earlier_version_left_is_sent()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await mosquitto.StopAsync();
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}", Map("10 ms"));
        await gateway.StartAsync();
        await Eventually.TrueAsync(async () => (await gateway.StatusAsync()).GetProperty("queue").GetProperty("depth").GetInt64() > 500);
        Assert.Equal(0, await gateway.StopAsync());
        var waiting = await ExportAsync(gateway);
        var earlier = gateway.QueueFile + ".3";
        await using (var sqlite = PeerProcess.Start("sqlite3", ["-bail", earlier, $"ATTACH '{gateway.QueueFile}' AS now;\n{Version3}"]))
        {
            Assert.True(await sqlite.WaitForExitAsync() == 0, sqlite.Output);
        }

        File.Delete(gateway.QueueFile + "-wal");
        File.Delete(gateway.QueueFile + "-shm");
        File.Move(earlier, gateway.QueueFile, overwrite: true);
        Assert.Equal(waiting, await ExportAsync(gateway));

        await AssertArriveAsync(waiting, gateway, mosquitto, upstream);
        Assert.Empty(gateway.DamagedFiles);
    }

    // Hardly anything is read after the restart, so that nothing gives way to it.
    private static async Task AssertArriveAsync(
        IReadOnlyList<(int Boot, long Sequence)> waiting, GatewayInstallation gateway, MosquittoBroker mosquitto, MosquittoSubscriber upstream)
    {
        gateway.WriteMaps(Map("1 h"));
        await mosquitto.StartAgainAsync();
        await gateway.StartAsync();
        await Eventually.TrueAsync(() => Arrived().Count >= waiting.Count, () => $"{Arrived().Count} of {waiting.Count} have arrived.\n{gateway.Log}");
        Assert.Equal(waiting, Arrived());
        await Eventually.TrueAsync(async () => (await gateway.StatusAsync()).GetProperty("queue").GetProperty("depth").GetInt64() == 0, () => gateway.Log);

        List<(int Boot, long Sequence)> Arrived() => [.. Published.ReadingsFrom(upstream).Select(reading => reading.Id!.Value).Where(id => id.Boot == waiting[^1].Boot)];
    }

    private static string Map(string every) => $$"""
        bus: { simulated: true }
        devices:
          - name: attic
            every: {{every}}
            points:
        {{string.Join('\n', Enumerable.Range(0, 10).Select(point => $"      p{point}: {{ simulate: \"counter(0, 20)\" }}"))}}
        """;

    private static async Task<IReadOnlyList<(int Boot, long Sequence)>> ExportAsync(GatewayInstallation gateway)
    {
        List<(int, long)> ids = [];
        foreach (var line in (await gateway.QueueAsync("export")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var message = JsonDocument.Parse(line);
            var id = message.RootElement.GetProperty("payload").GetProperty("id").GetString()!.Split('-');
            ids.Add((int.Parse(id[1], System.Globalization.CultureInfo.InvariantCulture), long.Parse(id[2], System.Globalization.CultureInfo.InvariantCulture)));
        }

        return ids;
    }
}
