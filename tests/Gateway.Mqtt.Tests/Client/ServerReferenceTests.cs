using System.Net;
using System.Net.Sockets;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

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

    [Theory]
    [InlineData(0x20)] // CONNACK
    [InlineData(0xE0)] // DISCONNECT
    public async Task One_that_is_referred_to_and_away_for_long_is_found_when_it_is_back(byte type)
    {
        await using var client = new MqttClient(Options(["127.0.0.1"]) with { MinimumReconnectDelay = TimeSpan.FromMilliseconds(5), MaximumReconnectDelay = TimeSpan.FromSeconds(1) }, _observer);
        byte[] answer = [.. type == 0xE0 ? Accepted : [], .. Refusing(type, 0x9C)];
        var port = Port(_second);
        _second.Dispose();
        using var stop = new CancellationTokenSource();
        var asked = 0;
        var referring = ServeAsync(_first, answer, () => asked++, stop.Token);
        client.Start();
        await Eventually.TrueAsync(() => asked > 12);
        if (type == 0x20)
        {
            // Once in an attempt.
            var (before, count, after) = (_observer.Failures.Count, asked, _observer.Failures.Count);
            Assert.InRange(count, before, after + 1);
        }

        using var back = new TcpListener(IPAddress.Loopback, port);
        back.Start();
        using var second = await back.AcceptTcpClientAsync().WaitAsync(Deadline);
        await second.GetStream().WriteAsync(Accepted);
        await Eventually.TrueAsync(() => _observer.Connections.Any(connection => connection.Server.Port == port));
        await stop.CancelAsync();
        await referring;
    }

    // Answers each connection in the same way, and waits for its end.
    private static async Task ServeAsync(TcpListener listener, byte[] answer, Action accepted, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var server = await listener.AcceptTcpClientAsync(stop);
                accepted();
                await server.GetStream().ReadExactlyAsync(new byte[1], stop);
                await server.GetStream().WriteAsync(answer, stop);
                await server.GetStream().CopyToAsync(Stream.Null, stop);
            }
            catch (Exception end) when (end is OperationCanceledException or IOException)
            {
                // Stopped, or the client is gone.
            }
        }
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
