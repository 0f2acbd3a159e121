using System.Globalization;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>What bad devices cost those that share their line.</summary>
public sealed class NeighbourTests(ITestOutputHelper output)
{
    private const int Healthy = 7;

    /// <summary>
    /// Two lines of seven devices each at 19200 baud, at the same time, so that a slow machine slows both; on one there are three more:
    /// one that never answers, one that answers with noise, and one that takes 200 ms to answer.
    /// </summary>
    [PeerFact(Peer.Pymodbus, Peer.MosquittoClients)]
    public async Task A_dead_a_babbling_and_a_slow_device_cost_their_neighbours_less_than_a_twentieth_of_their_polls()
    {
        await using var spoiltLine = await PacedLine.StartAsync(19200, "--dead", "8", "--babbling", "9", "--slow", "10");
        await using var goodLine = await PacedLine.StartAsync(19200);
        await using var gateway = new GatewayInstallation(
            "",
            MapOf(spoiltLine.Path, "spoilt", """
                  - { name: dead, unit: 8, timeout: 300 ms, every: 1 s, points: { x: { holding: 0 } } }
                  - { name: babbling, unit: 9, timeout: 300 ms, every: 1 s, points: { x: { holding: 0 } } }
                  - { name: slow, unit: 10, every: 2 s, points: { x: { holding: 0 } } }
                """),
            MapOf(goodLine.Path, "good", ""));
        await gateway.StartAsync();
        await using var subscriber = await gateway.SubscribeAsync("plant1/+/+", 1);
        await subscriber.FirstAsync("plant1/dead/$status", gateway, status => status.Payload == "offline");
        await subscriber.FirstAsync("plant1/babbling/$status", gateway, status => status.Payload == "offline");

        var began = (await subscriber.FirstAsync("plant1/good-1/x", gateway)).Time;
        var from = began.AddSeconds(5);
        var to = began.AddSeconds(25);
        await subscriber.FirstAsync("plant1/good-1/x", gateway, reading => reading.Time > to);
        await subscriber.FirstAsync("plant1/spoilt-1/x", gateway, reading => reading.Time > to);

        var polls = Published.ReadingsFrom(subscriber).Where(r => r.Time >= from && r.Time < to).ToList();
        var good = polls.Count(r => r.Topic.StartsWith("plant1/good-", StringComparison.Ordinal));
        var spoilt = polls.Count(r => r.Topic.StartsWith("plant1/spoilt-", StringComparison.Ordinal));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{spoilt} polls beside bad devices, {good} without: {(double)spoilt / good:P1}"));
        Assert.True(good > 140, $"only {good} polls were made on the good line");
        Assert.True(spoilt >= 0.95 * good, $"{spoilt} polls beside bad devices, {good} without");
        Assert.DoesNotContain(polls, reading => reading.Topic.Contains('-', StringComparison.Ordinal) && reading.Text("quality") != "good");
        Assert.Contains(polls, reading => reading.Topic == "plant1/slow/x" && reading.Text("quality") == "good");
    }

    private static string MapOf(string port, string prefix, string more) => $$"""
        bus: { modbus: rtu, port: {{port}}, baud: 19200, timeout: 5 s }
        devices:
        {{string.Join('\n', Enumerable.Range(1, Healthy).Select(unit => $"  - {{ name: {prefix}-{unit}, unit: {unit}, every: 500 ms, points: {{ x: {{ holding: 0 }} }} }}"))}}
        {{more}}
        """;
}
