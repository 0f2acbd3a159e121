using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>The backup of deploy/README.md, taken of a gateway that goes on writing.</summary>
public sealed class BackupTests
{
    private const int Copied = 500;

    [PeerFact(Peer.Sqlite)]
    public async Task A_copy_that_is_made_while_it_writes_is_whole_and_costs_it_nothing()
    {
        var nobody = LoopbackPort.Free();
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"mqtt://127.0.0.1:{nobody}\" }}\nqueue: {{ max-loss: none }}", Map);
        using var copy = new GatewayFolder();
        copy.Configure();
        Directory.CreateDirectory(Path.Combine(copy.DataFolder, "queue"));
        var data = Path.GetDirectoryName(Path.GetDirectoryName(gateway.QueueFile))!;
        await gateway.StartAsync();
        await Eventually.TrueAsync(async () => await DepthAsync(gateway) > 2 * Copied); // some of which are on their way to the disk

        foreach (var file in (string[])["queue/queue.db", "points.db", "broker.db", "history.db"])
        {
            await RunAsync("sqlite3", Path.Combine(data, file), $".backup '{Path.Combine(copy.DataFolder, file)}'");
            Assert.Equal("ok", (await RunAsync("sqlite3", Path.Combine(copy.DataFolder, file), "PRAGMA integrity_check")).Trim());
        }

        var then = await DepthAsync(gateway);
        await Eventually.TrueAsync(async () => await DepthAsync(gateway) > then + 100);
        Assert.Equal(0, await gateway.StopAsync());

        var all = Numbers(await gateway.QueueAsync("export"));
        var copied = Numbers((await GatewayProcess.RunAsync("queue", "export", "--config", copy.ConfigurationPath)).Output);
        Assert.Equal(Enumerable.Range(0, all.Count).Select(i => all[0] + i), all);
        Assert.InRange(copied.Count, Copied, all.Count - 100);
        Assert.Equal(all.Take(copied.Count), copied);
        Assert.DoesNotContain("locked", gateway.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("works from memory", gateway.Log, StringComparison.Ordinal);
    }

    private static string Map => $$"""
        bus: { simulated: true }
        devices:
          - name: attic
            every: 10 ms
            points:
        {{string.Join('\n', Enumerable.Range(0, 10).Select(point => $"      p{point}: {{ simulate: \"counter(0, 20)\" }}"))}}
        """;

    private static async Task<long> DepthAsync(GatewayInstallation gateway) => (await gateway.StatusAsync()).GetProperty("queue").GetProperty("depth").GetInt64();

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        await using var process = PeerProcess.Start(program, arguments);
        Assert.True(await process.WaitForExitAsync() == 0, process.Output);
        return process.Output;
    }

    // Of one start; the last part of the id.
    private static List<long> Numbers(string exported) => [.. exported.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
    {
        using var message = JsonDocument.Parse(line);
        return long.Parse(message.RootElement.GetProperty("payload").GetProperty("id").GetString()!.Split('-')[^1], System.Globalization.CultureInfo.InvariantCulture);
    })];
}
