using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>What is there when the service starts again.</summary>
public class RestartTests
{
    [PeerTheory(Peer.Pymodbus, Peer.MosquittoClients, Peer.Sqlite)]
    [InlineData("scale: 0.1, unit: °C", 235, "23.5", false)]
    [InlineData("scale: 0.1, unit: °C", 235, "23.5", true)]
    [InlineData("enum: { 0: idle, 2: fault }, report: change", 2, "\"fault\"", false)]
    [InlineData("enum: { 0: idle, 2: fault }, report: change", 2, "\"fault\"", true)]
    public async Task Last_values_are_there_from_the_first_moment_and_stale_until_they_are_read_again(string point, ushort register, string value, bool isKilled)
    {
        await using var modbus = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit> { [1] = new() { Holding = { [0] = [register] } } });
        var map = $$"""
            bus: { modbus: tcp, host: 127.0.0.1, port: {{modbus.Port}} }
            devices:
              - { name: boiler, unit: 1, every: 100 ms, points: { flow: { holding: 0, {{point}} } } }
            """;
        await using var gateway = new GatewayInstallation("", map);
        await gateway.StartAsync();
        await using (var witness = await gateway.SubscribeAsync("plant1/boiler/flow", 1))
        {
            await witness.WaitForAsync(1);
            if (isKilled)
            {
                await Eventually.TrueAsync(() => IsKeptAsync("plant1/boiler/flow", gateway), () => gateway.Log);
                await gateway.KillAsync();
            }
            else
            {
                Assert.Equal(0, await gateway.StopAsync());
            }
        }

        // Nothing reads it for now: who answers for it says nothing.
        using var mute = new MuteDevice();
        gateway.WriteMaps(mute.Map("boiler", "flow", point));
        await gateway.StartAsync();
        await using var late = await gateway.SubscribeAsync("plant1/boiler/flow", 1);
        await late.WaitForAsync(1);
        var stale = Published.Parse(late.Messages[0]);
        Assert.Equal((true, value, "stale", "restart"), (stale.IsRetained, stale.Value, stale.Text("quality"), stale.Text("reason")));
        Assert.InRange(TimeProvider.System.GetUtcNow() - stale.Time, TimeSpan.Zero, TimeSpan.FromMinutes(2));

        gateway.WriteMaps(map);
        await late.WaitForAsync(2);
        var fresh = Published.Parse(late.Messages[1]);
        Assert.Equal((value, "good", stale.Id!.Value.Boot + 1), (fresh.Value, fresh.Text("quality"), fresh.Id!.Value.Boot));
        Assert.True(fresh.Time > stale.Time);
    }

    [PeerFact(Peer.Pymodbus, Peer.Mbpoll, Peer.MosquittoClients)]
    public async Task A_count_that_was_kept_goes_on_after_a_kill()
    {
        await using var modbus = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit> { [1] = new() { Holding = { [0] = [65_530] } } });
        await using var gateway = new GatewayInstallation("", $$"""
            bus: { modbus: tcp, host: 127.0.0.1, port: {{modbus.Port}} }
            devices:
              - { name: meter, unit: 1, every: 100 ms, points: { energy: { holding: 0, roll-over: 65536, monotonic: true } } }
            """);
        await gateway.StartAsync();
        await CountsAsync("65530");
        await Mbpoll.WriteHoldingAsync(modbus, 0, 4);
        await CountsAsync("65540");
        Assert.Equal(0, await gateway.StopAsync());

        // Neither what the register says nor what was counted since is taken for the count.
        for (var kill = 1; kill <= 2; kill++)
        {
            await gateway.StartAsync();
            await Mbpoll.WriteHoldingAsync(modbus, 0, 4 + kill);
            await CountsAsync($"{65_540 + kill}");
            await gateway.KillAsync();
        }

        async Task CountsAsync(string value)
        {
            await using var witness = await gateway.SubscribeAsync("plant1/meter/energy", 1);
            await witness.FirstAsync("plant1/meter/energy", gateway, reading => reading.Value == value && reading.Text("quality") == "good");
        }
    }

    // By SQLite's own shell, beside the gateway.
    private static async Task<bool> IsKeptAsync(string topic, GatewayInstallation gateway)
    {
        await using var shell = PeerProcess.Start("sqlite3", [gateway.BrokerFile, $"SELECT count(*) FROM retained WHERE topic = '{topic}'"]);
        return await shell.WaitForExitAsync() == 0 && shell.Output.Trim() == "1";
    }

    /// <summary>Tank is read, and boiler is on a bus that says nothing, from the restart on.</summary>
    [PeerTheory(Peer.MosquittoClients)]
    [InlineData("value", "", "plant1/tank/flow 0 1 7")]
    [InlineData("influx", "plant1/boiler/flow 1 1 boiler,device=boiler,quality=stale,site=plant1 flow=7 ", "plant1/tank/flow 0 1 tank,device=tank,quality=good,site=plant1 flow=7 ")]
    public async Task In_other_formats_too_no_last_value_looks_fresh(string format, string boiler, string tank)
    {
        const string Map = """
            bus: { simulated: true }
            devices: [{ name: boiler, every: 100 ms, points: { flow: { simulate: "constant(7)" } } }]
            """;
        await using var gateway = new GatewayInstallation($"publish: {{ format: {format} }}", Map);
        await gateway.StartAsync();
        await using (var witness = await gateway.SubscribeAsync("plant1/boiler/flow", 1))
        {
            await witness.WaitForAsync(1);
            Assert.Equal(0, await gateway.StopAsync());
        }

        using var mute = new MuteDevice();
        gateway.WriteMaps(Map.Replace("boiler", "tank", StringComparison.Ordinal), mute.Map("boiler", "flow"));
        await gateway.StartAsync();
        await Eventually.TrueAsync(async () => (await gateway.StatusAsync()).GetProperty("buses").EnumerateArray().Any(bus => bus.GetProperty("polls").GetInt64() > 0));

        // What is retained comes before what is live.
        await using var late = await gateway.SubscribeAsync("plant1/+/flow", 1);
        await Eventually.TrueAsync(() => late.Messages.Any(message => message.StartsWith(tank, StringComparison.Ordinal)), () => string.Join('\n', late.Messages));
        var former = late.Messages.Where(message => message.StartsWith("plant1/boiler/", StringComparison.Ordinal)).ToList();
        Assert.Equal(boiler.Length == 0 ? 0 : 1, former.Count);
        Assert.All(former, message => Assert.StartsWith(boiler, message, StringComparison.Ordinal));
    }
}
