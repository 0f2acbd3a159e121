using System.Globalization;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>
/// The power is cut, again and again, with the uplink there and away: of what the gateway wrote only what it synced is sure to be on
/// the disk. <c>GATEWAY_POWER_CUTS</c> makes it longer.
/// </summary>
public sealed class PowerCutTests(ITestOutputHelper output)
{
    private const string Readings = "plant1/+/+";

    private static readonly int Cuts =
        int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_POWER_CUTS"), CultureInfo.InvariantCulture, out var cuts) ? cuts : 4;

    // Of a machine that has other things to do; each outage takes more than twice as long.
    private static readonly TimeSpan SlowMachine = TimeSpan.FromSeconds(2);

    [PeerTheory(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    [InlineData("none", 1)]
    [InlineData("none", 2)]
    [InlineData("1 s", 1)]
    [InlineData("1 s", 2)]
    public async Task A_power_cut_loses_no_more_than_max_loss_and_at_qos_2_makes_nothing_arrive_twice(string maxLoss, int qos)
    {
        await using var modbus = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit>
        {
            [1] = new() { Holding = { [0] = [10, 11, 12, 13] } },
            [2] = new() { Holding = { [0] = [20, 21, 22, 23] } },
        });
        await using var mosquitto = await MosquittoBroker.StartAsync("queue_qos0_messages true");

        // To whom mosquitto says nothing twice: at QoS 2 it and mosquitto_sub would have to keep their own promises over its restarts.
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 0, "-c", "-i", "judge");
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\", qos: {qos} }}\nqueue: {{ max-loss: {maxLoss} }}", $$"""
            bus: { modbus: tcp, host: 127.0.0.1, port: {{modbus.Port}} }
            devices:
              - { name: boiler, unit: 1, every: 100 ms, points: { a: { holding: 0 }, b: { holding: 1 }, c: { holding: 2 }, d: { holding: 3 } } }
              - { name: tank, unit: 2, every: 80 ms, points: { a: { holding: 0 }, b: { holding: 1 }, c: { holding: 2 }, d: { holding: 3 } } }
            """);
        var disk = await gateway.PutDataOnAsync(seed: 6);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        var random = new Random(6);
        List<DateTimeOffset> cuts = [];
        for (var cut = 0; cut < Cuts; cut++)
        {
            var isAway = cut % 2 == 1;
            await witness.MoreAsync(random.Next(1, 150));
            if (isAway)
            {
                await mosquitto.StopAsync();
                await witness.MoreAsync(maxLoss == "none" ? random.Next(1, 300) : random.Next(600, 900));
            }

            cuts.Add(TimeProvider.System.GetUtcNow());
            await gateway.KillAsync();
            disk.Cut();
            await gateway.StartAsync();
            if (isAway)
            {
                await mosquitto.StartAgainAsync();
            }
        }

        await witness.MoreReadingsAsync(20);
        var accepted = Published.ReadingsFrom(witness);
        await upstream.FirstAsync(accepted[^1].Topic, gateway, there => there.Payload == accepted[^1].Payload);

        var judged = Judged.Of(accepted, Published.ReadingsFrom(upstream));
        var worst = judged.Lost.Select(reading => cuts.First(cut => cut >= reading.Time) - reading.Time).DefaultIfEmpty().Max();
        output.WriteLine($"max-loss: {maxLoss}, QoS {qos}, {Cuts} power cuts: {judged}, the oldest lost {worst.TotalSeconds:F3} s before its cut");
        judged.AssertSame();
        if (maxLoss == "none")
        {
            Assert.Empty(judged.Lost);
        }
        else
        {
            Assert.InRange(worst, TimeSpan.Zero, TimeSpan.FromSeconds(1) + SlowMachine);
        }

        if (maxLoss == "none" || qos == 1)
        {
            judged.AssertInOrder();
        }

        if (qos == 2)
        {
            Assert.Equal(judged.First.Count, judged.Arrived.Count);
        }

        Assert.Empty(gateway.DamagedFiles);
    }
}
