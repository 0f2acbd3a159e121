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
        int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_POWER_CUTS"), CultureInfo.InvariantCulture, out var cuts) ? cuts : 5;

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    public async Task With_max_loss_none_a_power_cut_loses_nothing_that_anyone_was_told()
    {
        await using var modbus = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit>
        {
            [1] = new() { Holding = { [0] = [10, 11, 12, 13] } },
            [2] = new() { Holding = { [0] = [20, 21, 22, 23] } },
        });
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}\nqueue: {{ max-loss: none }}", $$"""
            bus: { modbus: tcp, host: 127.0.0.1, port: {{modbus.Port}} }
            devices:
              - { name: boiler, unit: 1, every: 100 ms, points: { a: { holding: 0 }, b: { holding: 1 }, c: { holding: 2 }, d: { holding: 3 } } }
              - { name: tank, unit: 2, every: 80 ms, points: { a: { holding: 0 }, b: { holding: 1 }, c: { holding: 2 }, d: { holding: 3 } } }
            """);
        await using var disk = await gateway.PutDataOnAsync(seed: 6);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        var random = new Random(6);
        for (var cut = 0; cut < Cuts; cut++)
        {
            var isAway = cut % 2 == 1;
            await witness.MoreAsync(random.Next(1, 150));
            if (isAway)
            {
                await mosquitto.StopAsync();
                await witness.MoreAsync(random.Next(1, 300));
            }

            await gateway.KillAsync();
            disk.Cut();
            await gateway.StartAsync();
            if (isAway)
            {
                await mosquitto.StartAgainAsync();
            }
        }

        await witness.MoreAsync(20);
        var accepted = Published.ReadingsFrom(witness);
        await upstream.FirstAsync(accepted[^1].Topic, gateway, there => there.Payload == accepted[^1].Payload);

        var judged = Judged.Of(accepted, Published.ReadingsFrom(upstream));
        output.WriteLine($"{Cuts} power cuts: {judged}");
        Assert.Empty(judged.Lost);
        judged.AssertSame();
        judged.AssertInOrder();
        Assert.Empty(gateway.DamagedFiles);
    }
}
