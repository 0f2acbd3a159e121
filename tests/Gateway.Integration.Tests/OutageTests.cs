using System.Globalization;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>
/// The uplink goes and the gateway is killed, again and again. The witness of what it had accepted is a subscriber at its own
/// broker; the judge is one with a persistent session at the upstream broker. <c>GATEWAY_OUTAGE_ROUNDS</c> makes it longer.
/// </summary>
public sealed class OutageTests(ITestOutputHelper output)
{
    private const string Readings = "plant1/+/+";

    private static readonly int Rounds =
        int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_OUTAGE_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 3;

    // Half of the interval is left for the disk; a loaded machine's may take a little more than that.
    private static readonly TimeSpan SlowDisk = TimeSpan.FromSeconds(0.5);

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task With_max_loss_none_whatever_was_accepted_arrives_in_order_with_its_time()
    {
        await using var modbus = await StartDeviceAsync();
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await using var gateway = CreateGateway(mosquitto, modbus, "none");
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        var random = new Random(2);
        var kills = 0;
        for (var round = 0; round < Rounds; round++)
        {
            await witness.MoreAsync(random.Next(20, 100));
            await mosquitto.StopAsync();
            await witness.MoreAsync(random.Next(20, 200));
            await KillAndStartAsync();
            await witness.MoreAsync(random.Next(20, 200));
            await mosquitto.StartAgainAsync();

            // Once more in the middle of what was in the way to leave.
            await upstream.MoreAsync(random.Next(1, 50));
            await KillAndStartAsync();
        }

        await witness.MoreReadingsAsync(20);
        var accepted = Published.ReadingsFrom(witness);
        await WaitForAsync(accepted[^1], upstream, gateway);

        var judged = Judged.Of(accepted, Published.ReadingsFrom(upstream));
        output.WriteLine($"{kills} kills: {judged}");
        Assert.Empty(judged.Lost);
        judged.AssertSame();
        judged.AssertInOrder();

        // Not only what the witness saw: no number of any run is missing in between.
        foreach (var run in judged.First.Keys.GroupBy(id => id.Boot))
        {
            Assert.Equal(run.Max(id => id.Sequence) - run.Min(id => id.Sequence) + 1, run.Count());
        }

        async Task KillAndStartAsync()
        {
            await gateway.KillAsync();
            kills++;
            await gateway.StartAsync();
        }
    }

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task With_max_loss_of_a_second_a_kill_costs_no_more_than_that()
    {
        await using var modbus = await StartDeviceAsync();
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await using var gateway = CreateGateway(mosquitto, modbus, "1 s");
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        var random = new Random(3);
        List<DateTimeOffset> kills = [];
        for (var round = 0; round < Rounds; round++)
        {
            await witness.MoreAsync(random.Next(100, 300));
            await mosquitto.StopAsync();
            await witness.MoreAsync(random.Next(100, 300));
            kills.Add(TimeProvider.System.GetUtcNow());
            await gateway.KillAsync();
            await gateway.StartAsync();
            await mosquitto.StartAgainAsync();
        }

        await witness.MoreReadingsAsync(20);
        var accepted = Published.ReadingsFrom(witness);
        await WaitForAsync(accepted[^1], upstream, gateway);

        var judged = Judged.Of(accepted, Published.ReadingsFrom(upstream));
        var worst = judged.Lost.Select(r => kills.First(kill => kill >= r.Time) - r.Time).DefaultIfEmpty().Max();
        output.WriteLine($"{kills.Count} kills: {judged}, the oldest lost {worst.TotalSeconds:F3} s before its kill");
        Assert.InRange(worst, TimeSpan.Zero, TimeSpan.FromSeconds(1) + SlowDisk);
        judged.AssertSame();
        judged.AssertInOrder();
    }

    private static Task<PymodbusServer> StartDeviceAsync() => PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit>
    {
        [1] = new() { Holding = { [0] = [10, 11, 12, 13] } },
        [2] = new() { Holding = { [0] = [20, 21, 22, 23] } },
    });

    private static GatewayInstallation CreateGateway(MosquittoBroker uplink, PymodbusServer modbus, string maxLoss) =>
        new($"uplink: {{ url: \"{uplink.Uri}\" }}\nqueue: {{ max-loss: {maxLoss} }}", $$"""
            bus: { modbus: tcp, host: 127.0.0.1, port: {{modbus.Port}} }
            devices:
              - { name: boiler, unit: 1, every: 100 ms, points: { a: { holding: 0 }, b: { holding: 1 }, c: { holding: 2 }, d: { holding: 3 } } }
              - { name: tank, unit: 2, every: 80 ms, points: { a: { holding: 0 }, b: { holding: 1 }, c: { holding: 2 }, d: { holding: 3 } } }
            """);

    private static Task<Published> WaitForAsync(Published reading, MosquittoSubscriber upstream, GatewayInstallation gateway) =>
        upstream.FirstAsync(reading.Topic, gateway, there => there.Payload == reading.Payload);
}
