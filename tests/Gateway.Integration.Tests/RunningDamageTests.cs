using System.Text.Json;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>A page of the queue's file is damaged while the service runs and drains: all but what is on the page arrives, and that is counted.</summary>
public sealed class RunningDamageTests(ITestOutputHelper output)
{
    private const int PageSize = 4096;
    private const int MostOnAPage = PageSize / 50;
    private const int Backlog = 60_000; // of which SQLite keeps the last half in memory

    private static readonly string Live = Map("live", 10);

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task A_page_that_is_damaged_while_the_backlog_leaves_costs_what_is_on_it()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var network = TcpRelay.Start(mosquitto.Port);
        network.IsSilent = true;
        await using var gateway = new GatewayInstallation(
            $"uplink: {{ url: \"{network.Uri}\" }}\nqueue: {{ drain: live-first, drain-rate: 6000, max-loss: none }}", Map("past", 500), Live);
        await gateway.StartAsync();
        await Eventually.TrueAsync(async () => await DepthAsync(gateway) > Backlog, () => $"The backlog does not grow:\n{gateway.Log}");
        Assert.Equal(0, await gateway.StopAsync());
        long accepted;
        using (var stats = JsonDocument.Parse(await gateway.QueueAsync("stats", "--json")))
        {
            accepted = stats.RootElement.GetProperty("depth").GetInt64();
        }

        // After a start the backlog is on the disk alone.
        gateway.WriteMaps(Live);
        await gateway.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync("plant1/+/+", 1);
        await Eventually.TrueAsync(async () => await DepthAsync(gateway) >= accepted);
        network.IsSilent = false;
        await upstream.WaitForAsync(500);
        await DamageAsync(gateway.QueueFile);

        IReadOnlyList<Published> readings = [];
        var lost = 0L;
        await Eventually.TrueAsync(
            async () =>
            {
                readings = [.. Published.ReadingsFrom(upstream).DistinctBy(reading => reading.Id)];
                lost = await DamagedAsync(gateway);
                return lost > 0 && SequencesOf(readings, 1).Count + lost >= accepted && IsWhole(SequencesOf(readings, 2));
            },
            () => $"{SequencesOf(readings, 1).Count} of {accepted} arrived, {lost} are told to be lost:\n{gateway.Log}");

        var arrived = SequencesOf(readings, 1);
        output.WriteLine($"{arrived.Count} of {accepted} arrived, {lost} are told to be lost, {readings.Count - arrived.Count} came beside them");
        Assert.Equal(accepted, arrived.Count + lost);
        Assert.InRange(lost, 1, MostOnAPage);
        Assert.NotEmpty(gateway.DamagedFiles);
    }

    private static async Task DamageAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = file.Length / PageSize / 3 * PageSize;
        var page = new byte[PageSize];
        new Random(1).NextBytes(page);
        await file.WriteAsync(page);
    }

    private static List<long> SequencesOf(IReadOnlyList<Published> readings, int start)
    {
        var boots = readings.Select(reading => reading.Id!.Value.Boot).Distinct().Order().ToList();
        return boots.Count < start ? [] : [.. readings.Where(reading => reading.Id!.Value.Boot == boots[start - 1]).Select(reading => reading.Id!.Value.Sequence).Order()];
    }

    private static bool IsWhole(List<long> sequences) => sequences.Count > 0 && sequences[0] == 1 && sequences[^1] == sequences.Count;

    private static async Task<long> DepthAsync(GatewayInstallation gateway) => (await gateway.StatusAsync()).GetProperty("queue").GetProperty("depth").GetInt64();

    private static async Task<long> DamagedAsync(GatewayInstallation gateway) =>
        (await gateway.StatusAsync()).GetProperty("queue").GetProperty("drops").EnumerateArray()
            .Where(drops => drops.GetProperty("reason").GetString() == "damaged").Sum(drops => drops.GetProperty("count").GetInt64());

    private static string Map(string device, int points) => $$"""
        bus: { simulated: true, name: {{device}} }
        devices:
          - name: {{device}}
            every: 100 ms
            points: { {{string.Join(", ", Enumerable.Range(0, points).Select(i => $"p{i}: {{ simulate: \"counter(0, 1)\" }}"))}} }
        """;
}
