using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>
/// Gateway and upstream broker are killed (SIGKILL), in turn and both at one moment. mosquitto forgets with a kill what it has not handed on,
/// so its judge is one to whom it hands on each message before it acknowledges that: connected, at QoS 0. <c>GATEWAY_OUTAGE_ROUNDS</c> makes it longer.
/// </summary>
/// <remarks>
/// At QoS 2 a mosquitto that is killed has forgotten the gateway's session: what it had taken (PUBREC) and not released (PUBCOMP) comes to it anew, so that nothing is lost, and
/// what arrives twice has its key. With <c>autosave_on_changes</c> it comes back with the session as it was some packets earlier, says so (Session Present), and answers the
/// PUBREL of a message that it took and forgot with PUBCOMP: these it loses, and the gateway cannot know.
/// </remarks>
public sealed class KillTests(ITestOutputHelper output)
{
    private static readonly int Rounds =
        int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_OUTAGE_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 3;

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData("strict", "point", 1, 1)]
    [InlineData("live-first", "point", 1, 1)]
    [InlineData("strict", "device", 1, 1)]
    [InlineData("strict", "point", 2, 1)]
    [InlineData("strict", "point", 1, 2)]
    [InlineData("live-first", "point", 1, 2)]
    [InlineData("strict", "point", 1, 2, true)]
    public async Task Whoever_is_killed_whatever_was_accepted_arrives(string drain, string per, int uplinks, int qos, bool savesSessions = false)
    {
        var readings = per == "device" ? "plant1/+" : "plant1/+/+";
        List<Upstream> upstream = [];
        try
        {
            for (var number = 0; number < uplinks; number++)
            {
                upstream.Add(await Upstream.StartAsync(readings, savesSessions));
            }

            var urls = upstream.Select((there, number) => $"{{ name: u{number}, url: \"{there.Broker.Uri}\", qos: {qos} }}");
            await using var gateway = new GatewayInstallation(
                $"uplink: [{string.Join(", ", urls)}]\npublish: {{ per: {per} }}\nqueue: {{ max-loss: none, drain: {drain} }}", """
                bus: { simulated: true }
                devices:
                  - { name: boiler, every: 40 ms, points: { a: { simulate: "counter(0, 20)" }, b: { simulate: "counter(0, 20)" }, c: { simulate: "counter(0, 20)" } } }
                  - { name: tank, every: 50 ms, points: { a: { simulate: "counter(0, 20)" }, b: { simulate: "counter(0, 20)" } } }
                """);
            await gateway.StartAsync();
            await using var witness = await gateway.SubscribeAsync(readings, 1);
            var random = new Random(13);
            for (var round = 0; round < Rounds; round++)
            {
                var (broker, judge) = upstream[round % uplinks];
                await witness.MoreAsync(random.Next(20, 100));
                await ArriveAsync(Published.ReadingsFrom(witness)[^1], gateway, upstream); // what the broker has in memory is with the judge
                switch (round % 3)
                {
                    case 0:
                        await Task.WhenAll(broker.KillAsync(), gateway.KillAsync());
                        await gateway.StartAsync();
                        await witness.MoreAsync(random.Next(20, 100));
                        await broker.StartAgainAsync();
                        break;
                    case 1:
                        await broker.KillAsync();
                        await witness.MoreAsync(random.Next(20, 200));
                        await broker.StartAgainAsync();
                        break;
                    default:
                        await gateway.KillAsync();
                        await gateway.StartAsync();
                        break;
                }

                // Once more in the middle of what was in the way to leave.
                await judge.MoreAsync(random.Next(1, 50));
                if (round % 3 < 2)
                {
                    await gateway.KillAsync();
                    await gateway.StartAsync();
                }
            }

            await witness.MoreReadingsAsync(20);
            var accepted = Published.ReadingsFrom(witness);
            await ArriveAsync(accepted[^1], gateway, upstream);
            foreach (var (broker, judge) in upstream)
            {
                var excused = CountForgotten(broker.Log);
                // With live-first the backlog may be behind the last one.
                await Eventually.TrueAsync(() => Judged.Of(accepted, Published.ReadingsFrom(judge)).Lost.Count <= excused, () => $"{Judged.Of(accepted, Published.ReadingsFrom(judge))}\n{gateway.Log}");
                var judged = Judged.Of(accepted, Published.ReadingsFrom(judge));
                output.WriteLine($"{Rounds} rounds: {judged}; {excused} forgotten by the broker");
                Published.AssertHaveKeys(judge);
                judged.AssertSame();
                if (drain == "live-first")
                {
                    judged.AssertInOrderPerLane();
                }
                else if (!savesSessions)
                {
                    // A broker that comes back with a session of before has lost some of it and has the rest: no sender can put that in order.
                    judged.AssertInOrder();
                }
            }
        }
        finally
        {
            foreach (var there in upstream)
            {
                await there.DisposeAsync();
            }
        }
    }

    // What it had taken (PUBREC) and not released (PUBCOMP) when it was killed, and what came to it as PUBREL afterwards, not anew.
    private static int CountForgotten(ConcurrentQueue<string> log)
    {
        Assert.True(log.Count < MosquittoBroker.MaxLogLines, "mosquitto's log goes on where no more of it is kept.");
        HashSet<string> taken = [], before = [];
        var forgotten = 0;
        foreach (var line in log)
        {
            if (line.Contains("mosquitto version", StringComparison.Ordinal) && line.EndsWith(" starting", StringComparison.Ordinal))
            {
                (taken, before) = ([], taken);
            }
            else if (Regex.Match(line, @"(Received PUBLISH from|Sending PUBREC to|Received PUBREL from|Sending PUBCOMP to) \S+ \((?:d\d, q2, r\d, m|m|Mid: )(\d+)") is { Success: true } packet)
            {
                var number = packet.Groups[2].Value;
                switch (packet.Groups[1].Value)
                {
                    case "Received PUBLISH from":
                        before.Remove(number);
                        break;
                    case "Sending PUBREC to":
                        taken.Add(number);
                        break;
                    case "Received PUBREL from":
                        forgotten += before.Remove(number) ? 1 : 0;
                        break;
                    default:
                        taken.Remove(number);
                        break;
                }
            }
        }

        return forgotten;
    }

    private static async Task ArriveAsync(Published reading, GatewayInstallation gateway, IEnumerable<Upstream> upstream)
    {
        foreach (var (_, judge) in upstream)
        {
            await judge.FirstAsync(reading.Topic, gateway, there => there.Id == reading.Id);
        }
    }
}
