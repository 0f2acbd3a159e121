using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>
/// An uplink at QoS 2, where the gateway is killed at random moments and the broker comes and goes beside it, but keeps what it
/// promised: every reading arrives once, not at least once. <c>GATEWAY_EXACTLY_ONCE_ROUNDS</c> makes it longer.
/// </summary>
public sealed class ExactlyOnceTests(ITestOutputHelper output)
{
    private const string Readings = "plant1/+/+";

    private static readonly int Rounds =
        int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_EXACTLY_ONCE_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 4;

    /// <summary>mosquitto keeps its sessions when it is asked to end; what a kill leaves of them is up to a minute old.</summary>
    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData("5", "none")]
    [InlineData("3.1.1", "none")]
    [InlineData("3.1", "none")]
    [InlineData("5", "1 s")]
    public async Task Into_mosquitto_each_reading_arrives_once_however_often_the_gateway_is_killed(string protocol, string maxLoss)
    {
        await using var mosquitto = await MosquittoBroker.StartAsync("max_inflight_messages 100\nqueue_qos0_messages true\nlog_dest stderr\nlog_type all");

        // At QoS 0 mosquitto says nothing twice to the judge. At QoS 2 mosquitto_sub takes what it is sent again after a restart for another message
        // and keeps both, so that a PUBREL that comes again brings out the second.
        await using var judge = await mosquitto.SubscribeAsync(Readings, 0, "-c", "-i", "judge");
        await JudgeAsync(mosquitto.Uri, judge, protocol, maxLoss, mosquitto.StopAsync, mosquitto.StartAgainAsync, () => Packets(mosquitto.Log));
    }

    /// <summary>The gateway's own broker, which is killed as well.</summary>
    [PeerFact(Peer.MosquittoClients)]
    public async Task Into_the_gateways_broker_each_reading_arrives_once_though_both_are_killed()
    {
        using var folder = new GatewayFolder();
        var broker = Start();
        await using var judge = await StartJudgeAsync();
        await JudgeAsync(new Uri($"mqtt://127.0.0.1:{folder.BrokerPort}"), judge, "5", "none", KillAsync, StartAgainAsync);
        await broker.DisposeAsync();

        GatewayProcess Start() => GatewayProcess.Start("broker", "--listen", $"mqtt://127.0.0.1:{folder.BrokerPort}", "--data", folder.DataFolder);

        async Task<MosquittoSubscriber> StartJudgeAsync()
        {
            await broker.WaitForErrorAsync("MQTT listens on ");
            return await MosquittoSubscriber.StartAsync(folder.BrokerPort, Readings, 2, "-c", "-i", "judge");
        }

        async Task KillAsync() => await broker.KillAsync();

        async Task StartAgainAsync()
        {
            await broker.DisposeAsync();
            broker = Start();
            await broker.WaitForErrorAsync("MQTT listens on ");
        }
    }

    // Who said a thing twice: the gateway to mosquitto, or mosquitto to the judge. PUBLISH is counted by its DUP flag; a line for each run of the broker.
    private static string Packets(IEnumerable<string> log)
    {
        var said = new StringBuilder();
        var counts = new SortedDictionary<string, int>();
        foreach (var line in log.Append("mosquitto version"))
        {
            if (line.Contains("mosquitto version", StringComparison.Ordinal) && counts.Count > 0)
            {
                said.AppendJoin(", ", counts.Select(count => $"{count.Value} {count.Key}")).AppendLine();
                counts.Clear();
            }

            if (Regex.Match(line, @"(?:Sending|Received) (?:PUBLISH (?:to|from) \S+ \(d\d, q\d|PUB(?:REC|REL|COMP) (?:to|from) \S+)|Sending CONNACK to \S+ \(\d, 0\)") is { Success: true } packet)
            {
                counts[packet.Value] = counts.GetValueOrDefault(packet.Value) + 1;
            }
        }

        return said.ToString();
    }

    private async Task JudgeAsync(Uri uplink, MosquittoSubscriber judge, string protocol, string maxLoss, Func<Task> stop, Func<Task> startAgain, Func<string>? explain = null)
    {
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{uplink}\", qos: 2, protocol: {protocol} }}\nqueue: {{ max-loss: {maxLoss} }}", """
            bus: { simulated: true }
            devices:
              - { name: boiler, every: 20 ms, points: { a: { simulate: "counter(0, 20)" }, b: { simulate: "counter(0, 20)" }, c: { simulate: "counter(0, 20)" } } }
            """);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        var random = new Random(8);
        var kills = 0;
        var logs = new StringBuilder();
        for (var round = 0; round < Rounds; round++)
        {
            await judge.MoreAsync(random.Next(1, 200));
            await KillAndStartAsync();
            await stop();
            await witness.MoreAsync(random.Next(1, 200));
            if (round % 2 == 1)
            {
                await KillAndStartAsync();
            }

            await startAgain();

            // Once more in the middle of what was in the way to leave.
            await judge.MoreAsync(random.Next(1, 50));
            await KillAndStartAsync();
        }

        await witness.MoreReadingsAsync(20);
        var accepted = Published.ReadingsFrom(witness);
        await judge.FirstAsync(accepted[^1].Topic, gateway, there => there.Payload == accepted[^1].Payload);

        logs.Append(gateway.Log);
        var judged = Judged.Of(accepted, Published.ReadingsFrom(judge));
        output.WriteLine($"{kills} kills: {judged}");
        var twice = judged.Arrived.GroupBy(reading => reading.Id).Where(same => same.Count() > 1).Select(same => same.Key).ToList();
        Assert.True(twice.Count == 0, $"Twice: {string.Join(' ', twice)}\n{explain?.Invoke()}\n{logs}");
        judged.AssertSame();
        if (maxLoss == "none")
        {
            judged.AssertInOrder();
            Assert.Empty(judged.Lost);
        }

        async Task KillAndStartAsync()
        {
            await gateway.KillAsync();
            logs.Append(gateway.Log);
            kills++;
            await gateway.StartAsync();
        }
    }
}
