using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>A serial adapter that is pulled and put back while its line is polled.</summary>
public sealed class AdapterTests
{
    /// <summary>Within 2 s of its return, and what a busy machine takes beside.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2 + 8);

    [PeerFact(Peer.Socat, Peer.Pymodbus, Peer.MosquittoClients)]
    public async Task A_pulled_adapter_turns_its_devices_bad_and_is_taken_up_again_when_it_is_back()
    {
        var units = new Dictionary<int, PymodbusUnit>
        {
            [1] = new() { Holding = new() { [0] = [11] } },
            [2] = new() { Holding = new() { [0] = [22] } },
        };
        await using var cable = await PtyPair.CreateAsync();
        await using var gateway = new GatewayInstallation("", $$"""
            bus: { modbus: rtu, port: {{cable.PathA}}, parity: none }
            devices:
              - { name: one, unit: 1, every: 200 ms, points: { x: { holding: 0 } } }
              - { name: two, unit: 2, every: 200 ms, points: { x: { holding: 0 } } }
            """);
        await using (await PymodbusServer.StartRtuAsync(units, cable.PathB))
        {
            await gateway.StartAsync();
            await using var before = await gateway.SubscribeAsync("plant1/+/#", 1);
            await before.FirstAsync("plant1/one/x", gateway, reading => reading.Text("quality") == "good");
            await before.FirstAsync("plant1/two/x", gateway, reading => reading.Text("quality") == "good");
        }

        await using var subscriber = await gateway.SubscribeAsync("plant1/+/#", 1);
        await cable.UnplugAsync();
        foreach (var device in (string[])["one", "two"])
        {
            await subscriber.FirstAsync($"plant1/{device}/$status", gateway, status => status.Payload == "offline");
            await subscriber.FirstAsync($"plant1/{device}/x", gateway, reading => reading.Text("quality") == "bad");
        }

        // Without a limit the waits between attempts would have grown to 8 s by then.
        var failures = await FailuresAsync(gateway);
        await Eventually.TrueAsync(async () => await FailuresAsync(gateway) >= failures + 5);

        await cable.PlugInAsync();
        await using var server = await PymodbusServer.StartRtuAsync(units, cable.PathB);
        await using var after = await gateway.SubscribeAsync("plant1/+/#", 1);
        var back = TimeProvider.System.GetUtcNow();
        foreach (var device in (string[])["one", "two"])
        {
            var reading = await after.FirstAsync($"plant1/{device}/x", gateway, reading => reading.Text("quality") == "good" && reading.Time >= back);
            Assert.True(reading.Time - back < Limit, $"{device} was read {reading.Time - back} after its adapter was back");
        }
    }

    private static async Task<long> FailuresAsync(GatewayInstallation gateway) =>
        (await gateway.StatusAsync()).GetProperty("buses")[0].GetProperty("failures").GetInt64();
}
