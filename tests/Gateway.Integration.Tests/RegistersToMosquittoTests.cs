using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>
/// The whole street: registers of a Modbus server that is not ours, through <c>gateway run</c>, to a broker that is not ours
/// either; what counts is what mosquitto_sub prints.
/// </summary>
public sealed class RegistersToMosquittoTests
{
    [PeerTheory(Peer.Pymodbus, Peer.Socat, Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData("5", "mqttv5", false)]
    [InlineData("3.1.1", "mqttv311", true)]
    public async Task Subscribers_upstream_see_what_the_registers_hold(string protocol, string subscriberProtocol, bool retain)
    {
        var units = new Dictionary<int, PymodbusUnit> { [1] = KnownRegisters.Unit };
        await using var overTcp = await PymodbusServer.StartTcpAsync(units);
        await using var line = await PtyPair.CreateAsync();
        await using var overRtu = await PymodbusServer.StartRtuAsync(units, line.PathA);
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var subscriber = await mosquitto.SubscribeAsync("plant1/#", 1, "-V", subscriberProtocol);
        await using var gateway = new GatewayInstallation(
            $"uplink: {{ url: \"{mosquitto.Uri}\", protocol: {protocol} }}\npublish: {{ retain: {(retain ? "true" : "false")} }}",
            MapOf($"modbus: tcp, host: 127.0.0.1, port: {overTcp.Port}", "networked"),
            MapOf($"modbus: rtu, port: {line.PathB}, baud: 19200, parity: none", "wired"));
        var before = TimeProvider.System.GetUtcNow();
        await gateway.StartAsync();

        foreach (var device in new[] { "networked", "wired" })
        {
            foreach (var (point, (value, unit)) in KnownRegisters.Expected)
            {
                var reading = await subscriber.FirstAsync($"plant1/{device}/{point}", gateway);
                Assert.Equal($"{point}: {value}", $"{point}: {reading.Value}");
                Assert.Equal("good", reading.Text("quality"));
                Assert.Equal(unit, reading.Has("unit") ? reading.Text("unit") : null);
                Assert.InRange(reading.Time, before.AddMilliseconds(-1), TimeProvider.System.GetUtcNow());
                Assert.False(reading.IsRetained);
            }

            Assert.Equal("online", (await subscriber.FirstAsync($"plant1/{device}/$status", gateway)).Payload);
            Assert.Equal("online", (await subscriber.FirstAsync($"plant1/{device}/$state", gateway)).Text("status"));
        }

        await using var latecomer = await mosquitto.SubscribeAsync("plant1/+/+", 1, "-V", subscriberProtocol, "--retained-only");
        Assert.True((await latecomer.FirstAsync("plant1/$gateway/status", gateway)).IsRetained);
        Assert.True((await latecomer.FirstAsync("plant1/wired/$status", gateway)).IsRetained);
        if (retain)
        {
            Assert.True((await latecomer.FirstAsync("plant1/wired/pump", gateway)).IsRetained);
        }
        else
        {
            Assert.Empty(Published.ReadingsFrom(latecomer));
        }
    }

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task Each_reading_has_its_key_as_a_user_property_too()
    {
        await using var modbus = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit> { [1] = KnownRegisters.Unit });
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var subscriber = await mosquitto.SubscribeAsync("plant1/meter/+", 1, "-V", "mqttv5", "-F", "= %t %r %P %p");
        await using var gateway = new GatewayInstallation(
            $"uplink: {{ url: \"{mosquitto.Uri}\" }}", MapOf($"modbus: tcp, host: 127.0.0.1, port: {modbus.Port}", "meter"));
        await gateway.StartAsync();

        var reading = await subscriber.FirstAsync("plant1/meter/temperature", gateway);
        var property = subscriber.Messages.First(m => m.EndsWith(reading.Payload, StringComparison.Ordinal)).Split(' ')[2];
        Assert.Equal($"id:{reading.Text("id")}", property);
    }

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task Format_value_sends_the_bare_value()
    {
        await using var modbus = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit> { [1] = KnownRegisters.Unit });
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var subscriber = await mosquitto.SubscribeAsync("plant1/meter/+", 1);
        await using var gateway = new GatewayInstallation(
            $"uplink: {{ url: \"{mosquitto.Uri}\" }}\npublish: {{ format: value }}",
            MapOf($"modbus: tcp, host: 127.0.0.1, port: {modbus.Port}", "meter"));
        await gateway.StartAsync();
        foreach (var (point, (value, _)) in KnownRegisters.Expected)
        {
            Assert.Equal(value.Trim('"'), (await subscriber.FirstAsync($"plant1/meter/{point}", gateway)).Payload);
        }
    }

    [PeerFact(Peer.Pymodbus, Peer.Mbpoll, Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task Changes_within_the_deadband_are_not_published()
    {
        await using var modbus = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit>
        {
            [1] = new() { Holding = { [0] = [235, 1] } },
        });
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var subscriber = await mosquitto.SubscribeAsync("plant1/boiler/+", 1);
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}", $$"""
            bus: { modbus: tcp, host: 127.0.0.1, port: {{modbus.Port}}, timeout: 5 s }
            devices:
              - name: boiler
                every: 100 ms
                points:
                  flow: { holding: 0, type: int16, scale: 0.1, unit: °C, deadband: 0.5 }
                  raw:  { holding: 0 }
                  mode: { holding: 1, enum: { 0: "off", 1: eco }, report: change }
            """);
        await gateway.StartAsync();
        foreach (var value in new[] { 235, 237, 231, 230, 226, 225 })
        {
            await Mbpoll.WriteHoldingAsync(modbus, 0, value);
            await subscriber.FirstAsync("plant1/boiler/raw", gateway, reading => reading.Value == $"{value}");
        }

        await Mbpoll.WriteHoldingAsync(modbus, 1, 0);
        await subscriber.FirstAsync("plant1/boiler/mode", gateway, reading => reading.Value == "\"off\"");

        // One poll reads all three in one request: with the mode's, the last flow has been judged too.
        var readings = Published.ReadingsFrom(subscriber);
        Assert.Equal(["23.5", "23", "22.5"], readings.Where(r => r.Topic == "plant1/boiler/flow").Select(r => r.Value));
        Assert.Equal(["\"eco\"", "\"off\""], readings.Where(r => r.Topic == "plant1/boiler/mode").Select(r => r.Value));
    }

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task A_device_that_goes_is_said_to_be_offline_once_and_its_values_are_bad()
    {
        var units = new Dictionary<int, PymodbusUnit> { [1] = new() { Holding = { [0] = [7] } } };
        await using var modbus = await PymodbusServer.StartTcpAsync(units);
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var subscriber = await mosquitto.SubscribeAsync("plant1/#", 1);
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}", $$"""
            bus: { modbus: tcp, host: 127.0.0.1, port: {{modbus.Port}}, timeout: 5 s }
            devices: [{ name: meter, every: 100 ms, points: { level: { holding: 0, unit: m } } }]
            """);
        await gateway.StartAsync();
        await subscriber.FirstAsync("plant1/meter/level", gateway, reading => reading.Value == "7");

        await modbus.DisposeAsync();
        await subscriber.FirstAsync("plant1/meter/$status", gateway, status => status.Payload == "offline");
        var state = await subscriber.FirstAsync("plant1/meter/$state", gateway, s => s.Text("status") == "offline");
        var bad = await subscriber.FirstAsync("plant1/meter/level", gateway, reading => reading.Text("quality") == "bad");
        Assert.Equal("null", bad.Value);
        Assert.Equal("m", bad.Text("unit"));
        Assert.Equal(state.Text("reason"), bad.Text("reason"));

        await using var back = await PymodbusServer.StartTcpAsync(units, modbus.Port);
        await subscriber.FirstAsync("plant1/meter/level", gateway, reading => reading.Time > bad.Time && reading.Value == "7");
        var messages = Published.From(subscriber);
        Assert.Equal(["online", "offline", "online"], messages.Where(m => m.Topic == "plant1/meter/$status").Select(m => m.Payload));
        Assert.Single(messages, m => m.Topic == "plant1/meter/level" && m.Value == "null");
    }

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task The_will_tells_of_a_gateway_that_died_and_a_stop_tells_by_itself()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var subscriber = await mosquitto.SubscribeAsync("plant1/$gateway/status", 1);
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}");
        await gateway.StartAsync();
        await subscriber.WaitForAsync(1);
        await gateway.KillAsync();
        await subscriber.WaitForAsync(2);
        await gateway.StartAsync();
        await subscriber.WaitForAsync(3);
        Assert.Equal(0, await gateway.StopAsync());
        await subscriber.WaitForAsync(4);
        Assert.Equal(["online", "offline", "online", "offline"], subscriber.Payloads);
    }

    private static string MapOf(string bus, string device) => $$"""
        bus: { {{bus}}, timeout: 5 s }
        devices:
          - name: {{device}}
            every: 1 s
            points:
        {{KnownRegisters.Points}}
        """;
}
