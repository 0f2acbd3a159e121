using System.Globalization;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>What a dead device costs those that share its line.</summary>
public sealed class NeighbourTests(ITestOutputHelper output)
{
    private static readonly string[] Healthy = ["a", "b", "c", "d"];

    /// <summary>
    /// Two lines of four devices each, at the same time, so that a slow machine slows both; on one there is a fifth that never
    /// answers. Each question to it takes 300 ms, three polls of each neighbour, and the pauses between double from 0.5 s on:
    /// the fifth question comes 9 s after the start, so that from there on it is asked once in 8.3 s, then once in 16.3 s, and
    /// costs at most one question of 300 ms in the 15 s measured: 2 %. With the pause at its longest, 60 s, it is 0.5 %.
    /// </summary>
    [PeerFact(Peer.Pymodbus, Peer.Socat, Peer.MosquittoClients)]
    public async Task A_dead_device_costs_its_neighbours_less_than_a_twentieth_of_their_polls()
    {
        var units = Enumerable.Range(1, Healthy.Length).ToDictionary(unit => unit, _ => new PymodbusUnit { Holding = { [0] = [1] } });
        await using var spoiltLine = await PtyPair.CreateAsync();
        await using var goodLine = await PtyPair.CreateAsync();
        await using var spoiltServer = await PymodbusServer.StartRtuAsync(units, spoiltLine.PathA, 115200);
        await using var goodServer = await PymodbusServer.StartRtuAsync(units, goodLine.PathA, 115200);
        await using var gateway = new GatewayInstallation(
            "",
            MapOf(spoiltLine.PathB, "spoilt", "\n  - { name: dead, unit: 99, timeout: 300 ms, retries: 0, every: 100 ms, points: { x: { holding: 0 } } }"),
            MapOf(goodLine.PathB, "good", ""));
        await gateway.StartAsync();
        await using var subscriber = await gateway.SubscribeAsync("plant1/+/+", 1);
        await subscriber.FirstAsync("plant1/dead/$status", gateway, status => status.Payload == "offline");

        var began = (await subscriber.FirstAsync("plant1/good-a/x", gateway)).Time;
        var from = began.AddSeconds(10);
        var to = began.AddSeconds(25);
        await subscriber.FirstAsync("plant1/good-a/x", gateway, reading => reading.Time > to);
        await subscriber.FirstAsync("plant1/spoilt-a/x", gateway, reading => reading.Time > to);

        var polls = Published.ReadingsFrom(subscriber).Where(r => r.Time >= from && r.Time < to).ToList();
        var good = polls.Count(r => r.Topic.StartsWith("plant1/good-", StringComparison.Ordinal));
        var spoilt = polls.Count(r => r.Topic.StartsWith("plant1/spoilt-", StringComparison.Ordinal));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{spoilt} polls beside a dead device, {good} without: {(double)spoilt / good:P1}"));
        Assert.True(good > 100, $"only {good} polls were made on the good line");
        Assert.True(spoilt >= 0.95 * good, $"{spoilt} polls beside a dead device, {good} without");
        Assert.DoesNotContain(polls, reading => reading.Text("quality") != "good");
    }

    private static string MapOf(string port, string prefix, string more) => $$"""
        bus: { modbus: rtu, port: {{port}}, baud: 115200, parity: none, timeout: 5 s }
        devices:
        {{string.Join('\n', Healthy.Select((name, i) => $"  - {{ name: {prefix}-{name}, unit: {i + 1}, every: 100 ms, points: {{ x: {{ holding: 0 }} }} }}"))}}{{more}}
        """;
}
