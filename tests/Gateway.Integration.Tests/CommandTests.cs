using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>
/// Commands from mosquitto's clients down to the registers of pymodbus, which mbpoll reads back: by the upstream broker and by
/// the gateway's own, in both protocol versions.
/// </summary>
public sealed class CommandTests : IAsyncLifetime
{
    private PymodbusServer _modbus = null!;
    private MosquittoBroker _mosquitto = null!;
    private GatewayInstallation _gateway = null!;

    public async Task InitializeAsync()
    {
        _modbus = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit>
        {
            [1] = new() { Coils = { [4] = [false] }, Holding = { [10] = [235, 0, 0x00F0, 99] } },
        });
        _mosquitto = await MosquittoBroker.StartAsync();
        _gateway = new GatewayInstallation($"uplink: {{ url: \"{_mosquitto.Uri}\" }}", $$"""
            bus: { modbus: tcp, host: 127.0.0.1, port: {{_modbus.Port}}, timeout: 5 s }
            devices:
              - name: boiler
                every: 200 ms
                points:
                  pump:     { coil: 4, write: true }
                  setpoint: { holding: 10, type: int16, scale: 0.1, unit: °C, min: -20, max: 90, write: true }
                  mode:     { holding: 11, enum: { 0: "off", 1: eco, 2: comfort }, write: true }
                  boost:    { holding: 12, bit: 3, write: true }
                  serial:   { holding: 13 }
            """);
        await _gateway.StartAsync();
        await WaitUntilHeardAsync(_gateway);
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _mosquitto.DisposeAsync();
        await _modbus.DisposeAsync();
    }

    [PeerFact(Peer.Pymodbus, Peer.Mbpoll, Peer.MosquittoClients)]
    public async Task A_command_that_comes_before_anything_is_polled_is_carried_out()
    {
        Assert.Equal(0, await _gateway.StopAsync());
        await _gateway.StartAsync(); // the broker listens, and the queue is not open yet

        Assert.Equal("number-7 {\"ok\":true,\"value\":true}", await MqttRequest.SendAsync(_gateway.Port, "plant1/boiler/pump/set", "true"));
        Assert.True(await Mbpoll.ReadCoilAsync(_modbus, 4));
    }

    [PeerTheory(Peer.Pymodbus, Peer.Mbpoll, Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_command_reaches_the_device_and_is_answered_on_its_response_topic(bool isUpstream)
    {
        var port = isUpstream ? _mosquitto.Port : _gateway.Port;
        await using var subscriber = await MosquittoSubscriber.StartAsync(port, "plant1/boiler/+", 1);

        Assert.Equal("number-7 {\"ok\":true,\"value\":true}", await MqttRequest.SendAsync(port, "plant1/boiler/pump/set", "true"));
        Assert.True(await Mbpoll.ReadCoilAsync(_modbus, 4));
        Assert.Equal("number-7 {\"ok\":true,\"value\":21.5}", await MqttRequest.SendAsync(port, "plant1/boiler/setpoint/set", "{\"value\":21.5}"));
        Assert.Equal(215, await Mbpoll.ReadHoldingAsync(_modbus, 10));
        Assert.Equal("number-7 {\"ok\":true,\"value\":\"comfort\"}", await MqttRequest.SendAsync(port, "plant1/boiler/mode/set", "comfort"));
        Assert.Equal(2, await Mbpoll.ReadHoldingAsync(_modbus, 11));
        Assert.Equal("number-7 {\"ok\":true,\"value\":true}", await MqttRequest.SendAsync(port, "plant1/boiler/boost/set", "true"));
        Assert.Equal(0x00F8, await Mbpoll.ReadHoldingAsync(_modbus, 12));
        Assert.Equal("number-7 {\"ok\":true,\"value\":false}", await MqttRequest.SendAsync(port, "plant1/boiler/boost/set", "false"));
        Assert.Equal(0x00F0, await Mbpoll.ReadHoldingAsync(_modbus, 12));

        await subscriber.FirstAsync("plant1/boiler/pump", _gateway, reading => reading.Value == "true");
        await subscriber.FirstAsync("plant1/boiler/setpoint", _gateway, reading => reading.Value == "21.5");
        await subscriber.FirstAsync("plant1/boiler/mode", _gateway, reading => reading.Value == "\"comfort\"");
    }

    [PeerTheory(Peer.Pymodbus, Peer.Mbpoll, Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_a_response_topic_the_answer_is_on_the_points_result_topic(bool isUpstream)
    {
        var port = isUpstream ? _mosquitto.Port : _gateway.Port;
        await using var subscriber = await MosquittoSubscriber.StartAsync(port, "plant1/boiler/+/result", 1, "-V", "mqttv311");
        await MqttRequest.PublishAsync(port, "plant1/boiler/setpoint/set", "-10.5");
        Assert.Equal("{\"ok\":true,\"value\":-10.5}", (await subscriber.FirstAsync("plant1/boiler/setpoint/result", _gateway)).Payload);
        Assert.Equal(unchecked((ushort)-105), await Mbpoll.ReadHoldingAsync(_modbus, 10));
    }

    [PeerTheory(Peer.Pymodbus, Peer.Mbpoll, Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData("serial", "1", "boiler.serial is not writable; its map must say write: true")]
    [InlineData("setpoint", "90.1", "90.1 is outside -20 to 90")]
    [InlineData("setpoint", "warm", "'warm' is not a number")]
    [InlineData("mode", "holiday", "'holiday' is not one of off, eco, comfort")]
    [InlineData("pump", "perhaps", "'perhaps' is neither true nor false")]
    [InlineData("speed", "1", "there is no point boiler.speed")]
    public async Task What_cannot_be_written_is_refused_with_the_reason(string point, string payload, string reason)
    {
        Assert.Equal($"number-7 {{\"ok\":false,\"error\":\"{reason}\"}}", await MqttRequest.SendAsync(_mosquitto.Port, $"plant1/boiler/{point}/set", payload));
        var registers = await Task.WhenAll(Enumerable.Range(10, 4).Select(address => Mbpoll.ReadHoldingAsync(_modbus, address)));
        Assert.Equal([235, 0, 0x00F0, 99], registers);
        Assert.False(await Mbpoll.ReadCoilAsync(_modbus, 4));
    }

    [PeerTheory(Peer.Pymodbus, Peer.Mbpoll, Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData("5")]
    [InlineData("3.1.1")]
    public async Task A_retained_command_is_ignored(string protocol)
    {
        await _gateway.StopAsync();
        await using var other = new GatewayInstallation($"uplink: {{ url: \"{_mosquitto.Uri}\", protocol: {protocol} }}", $$"""
            bus: { modbus: tcp, host: 127.0.0.1, port: {{_modbus.Port}}, timeout: 5 s }
            devices: [{ name: boiler, every: 200 ms, points: { pump: { coil: 4, write: true }, mode: { holding: 11, write: true } } }]
            """);
        await MqttRequest.PublishAsync(_mosquitto.Port, "plant1/boiler/pump/set", "true", "-r");
        await using var subscriber = await _mosquitto.SubscribeAsync("plant1/boiler/#", 1);
        await other.StartAsync();
        await WaitUntilHeardAsync(other);

        // One that is not retained comes after it, and is carried out.
        await MqttRequest.PublishAsync(_mosquitto.Port, "plant1/boiler/mode/set", "1");
        await subscriber.FirstAsync("plant1/boiler/mode/result", other);
        Assert.False(await Mbpoll.ReadCoilAsync(_modbus, 4));
        Assert.DoesNotContain(Published.From(subscriber), m => m.Topic == "plant1/boiler/pump/result");
    }

    /// <summary>Sends commands for a point that no map has until one is answered: what was sent before was sent to nobody.</summary>
    private async Task WaitUntilHeardAsync(GatewayInstallation gateway)
    {
        await using var answers = await _mosquitto.SubscribeAsync("plant1/boiler/nothing/result", 1);
        for (var tries = 0; tries < 300 && answers.Count == 0; tries++)
        {
            await MqttRequest.PublishAsync(_mosquitto.Port, "plant1/boiler/nothing/set", "1");
        }

        await answers.FirstAsync("plant1/boiler/nothing/result", gateway);
    }
}
