using System.Net;
using System.Net.Sockets;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Client;

/// <summary>The client goes where servers send it. MQTT 5.0 §4.11.</summary>
public sealed class ServerReferenceTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly byte[] Accepted = [0x20, 0x03, 0x00, 0x00, 0x00];

    private readonly TcpListener _first = new(IPAddress.Loopback, 0);
    private readonly TcpListener _second = new(IPAddress.Loopback, 0);
    private readonly RecordingObserver _observer = new();

    public ServerReferenceTests()
    {
        _first.Start();
        _second.Start();
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public async Task Refused_with_a_reference_the_client_connects_there_within_the_attempt()
    {
        await using var client = new MqttClient(Options(["127.0.0.1"]));
        var connecting = client.ConnectAsync();
        using var first = await _first.AcceptTcpClientAsync().WaitAsync(Deadline);
        await first.GetStream().WriteAsync(Refusing(0x20, 0x9C));
        using var second = await _second.AcceptTcpClientAsync().WaitAsync(Deadline);
        await second.GetStream().WriteAsync(Accepted);
        var result = await connecting.WaitAsync(Deadline);
        Assert.True(result.IsAccepted);
        Assert.Equal(Port(_second), result.Server.Port);
    }

    [Fact]
    public async Task Not_allowed_the_refusal_is_the_answer()
    {
        await using var client = new MqttClient(Options([]));
        var connecting = client.ConnectAsync();
        using var first = await _first.AcceptTcpClientAsync().WaitAsync(Deadline);
        await first.GetStream().WriteAsync(Refusing(0x20, 0x9D));
        var result = await connecting.WaitAsync(Deadline);
        Assert.Equal(ReasonCode.ServerMoved, result.ReasonCode);
        Assert.Equal($"127.0.0.1:{Port(_second)}", result.ConnAck.ServerReference);
    }

    [Fact]
    public async Task Disconnected_with_a_reference_the_client_goes_there_without_a_pause()
    {
        await using var client = new MqttClient(
            Options(["127.0.0.1"]) with { MinimumReconnectDelay = TimeSpan.FromHours(1), MaximumReconnectDelay = TimeSpan.FromHours(1) }, _observer);
        client.Start();
        using var first = await _first.AcceptTcpClientAsync().WaitAsync(Deadline);
        await first.GetStream().WriteAsync(Accepted);
        await _observer.WaitForConnectionsAsync(1);
        await first.GetStream().WriteAsync(Refusing(0xE0, 0x9D));
        using var second = await _second.AcceptTcpClientAsync().WaitAsync(Deadline);
        await second.GetStream().WriteAsync(Accepted);
        await _observer.WaitForConnectionsAsync(2);
        Assert.Equal(ReasonCode.ServerMoved, _observer.Disconnections.Single().ReasonCode);
    }

    private static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    // CONNACK or DISCONNECT with a code and Server Reference.
    private byte[] Refusing(byte type, byte code)
    {
        var reference = System.Text.Encoding.ASCII.GetBytes($"127.0.0.1:{Port(_second)}");
        byte[] properties = [0x1C, 0x00, (byte)reference.Length, .. reference];
        byte[] body = [.. type == 0x20 ? new byte[] { 0x00 } : [], code, (byte)properties.Length, .. properties];
        return [type, (byte)body.Length, .. body];
    }

    private MqttClientOptions Options(string[] allowed) => new()
    {
        Servers = [new Uri($"mqtt://127.0.0.1:{Port(_first)}")],
        ClientIdentifier = "c",
        AllowedReferences = allowed,
    };
}
