using System.Net;
using System.Net.Sockets;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Client;

/// <summary>How the client begins and ends connections, on TCP, as a server sees it.</summary>
public sealed class FirstAndLastWordsTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public FirstAndLastWordsTests() => _listener.Start();

    public void Dispose() => _listener.Dispose();

    [Theory]
    [InlineData(ProtocolVersion.V311, "20020000")]
    [InlineData(ProtocolVersion.V50, "2003000000")]
    [Trait("Spec", "MQTT-3.14.4-1")]
    [Trait("Spec", "MQTT-3.14.4-2")]
    [Trait("Spec", "MQTT-4.2-1")]
    [Trait("Spec311", "MQTT-3.14.4-1")]
    [Trait("Spec311", "MQTT-3.14.4-2")]
    [Trait("Spec311", "MQTT-7.1.2-1")]
    public async Task Disconnect_is_sent_last_and_the_connection_closed(ProtocolVersion version, string connAck)
    {
        await using var client = Client(version, "c");
        var connecting = client.ConnectAsync();
        using var server = await AcceptAsync();
        await ReadConnectAsync(server);
        await server.GetStream().WriteAsync(Convert.FromHexString(connAck));
        await connecting.WaitAsync(Deadline);
        var publishing = client.PublishAsync(new ApplicationMessage { Topic = "t", QoS = QualityOfService.AtLeastOnce }).AsTask();
        var publish = version == ProtocolVersion.V50 ? "3206000174000100" : "32050001740001";
        Assert.Equal(publish, await ReadAsync(server, publish.Length / 2));
        var disconnecting = client.DisconnectAsync();
        Assert.Equal("E000", await ReadToEndAsync(server));
        await disconnecting.WaitAsync(Deadline);
        await client.DisposeAsync();
        Assert.Equal(PublishOutcome.Abandoned, (await publishing.WaitAsync(Deadline)).Outcome);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, "20020005")]
    [InlineData(ProtocolVersion.V50, "2003008700")]
    [Trait("Spec", "MQTT-4.13.2-1")]
    public async Task A_refusal_closes_the_connection(ProtocolVersion version, string connAck)
    {
        await using var client = Client(version, "c");
        var connecting = client.ConnectAsync();
        using var server = await AcceptAsync();
        await ReadConnectAsync(server);
        await server.GetStream().WriteAsync(Convert.FromHexString(connAck));
        Assert.Equal("", await ReadToEndAsync(server));
        Assert.Equal(ReasonCode.NotAuthorized, (await connecting.WaitAsync(Deadline)).ReasonCode);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.13.2-1")]
    public async Task A_servers_disconnect_closes_the_connection()
    {
        await using var client = Client(ProtocolVersion.V50, "c");
        var connecting = client.ConnectAsync();
        using var server = await AcceptAsync();
        await ReadConnectAsync(server);
        await server.GetStream().WriteAsync(Convert.FromHexString("2003000000E0018B"));
        await connecting.WaitAsync(Deadline);
        Assert.Equal("", await ReadToEndAsync(server));
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, "mine", "20020000", "mine")]
    [InlineData(ProtocolVersion.V50, "mine", "2003000000", "mine")]
    [InlineData(ProtocolVersion.V50, "", "2009000006120003616263", "abc")]
    [Trait("Spec", "MQTT-3.1.3-2")]
    [Trait("Spec311", "MQTT-3.1.3-2")]
    public async Task The_next_connection_has_the_same_client_identifier(ProtocolVersion version, string identifier, string connAck, string next)
    {
        await using var client = Client(version, identifier);
        client.Start();
        using (var first = await AcceptAsync())
        {
            Assert.Equal(identifier, (await ReadConnectAsync(first)).ClientIdentifier);
            await first.GetStream().WriteAsync(Convert.FromHexString(connAck));
            await client.WaitForConnectionAsync().WaitAsync(Deadline);
        }

        using var second = await AcceptAsync();
        Assert.Equal(next, (await ReadConnectAsync(second)).ClientIdentifier);
    }

    private MqttClient Client(ProtocolVersion version, string identifier) => new(new MqttClientOptions
    {
        Servers = [new Uri($"mqtt://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}")],
        ProtocolVersion = version,
        ClientIdentifier = identifier,
        MinimumReconnectDelay = TimeSpan.FromMilliseconds(10),
    });

    private Task<TcpClient> AcceptAsync() => _listener.AcceptTcpClientAsync().WaitAsync(Deadline);

    private static async Task<ConnectPacket> ReadConnectAsync(TcpClient server)
    {
        var head = Convert.FromHexString(await ReadAsync(server, 2));
        byte[] bytes = [.. head, .. Convert.FromHexString(await ReadAsync(server, head[1]))];
        using var reader = new PacketReader(bytes, ProtocolVersion.V50);
        Assert.Equal(DecodeStatus.Complete, reader.Read(out var frame));
        Assert.True(PacketCodec.TryDecode(frame, ProtocolVersion.V50, out var packet, out var error), error.Message);
        return (ConnectPacket)packet;
    }

    private static async Task<string> ReadAsync(TcpClient server, int length)
    {
        var bytes = new byte[length];
        await server.GetStream().ReadExactlyAsync(bytes).AsTask().WaitAsync(Deadline);
        return Convert.ToHexString(bytes);
    }

    private static async Task<string> ReadToEndAsync(TcpClient server)
    {
        using var rest = new MemoryStream();
        await server.GetStream().CopyToAsync(rest).WaitAsync(Deadline);
        return Convert.ToHexString(rest.ToArray());
    }
}
