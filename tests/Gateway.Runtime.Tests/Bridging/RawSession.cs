using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Mqtt.Broker;

namespace Gateway.Runtime.Tests.Bridging;

/// <summary>A client with a persistent session, MQTT 5.0 byte by byte, that can leave things unfinished.</summary>
internal sealed class RawSession(TcpClient client) : IAsyncDisposable
{
    public static async Task<RawSession> OpenAsync(MqttBroker broker, string clientId)
    {
        var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)broker.Listeners[0].EndPoint!);
        var session = new RawSession(client);

        // CONNECT: "MQTT", 5, no flags, Keep Alive 60, Session Expiry Interval 3600, the identifier. §3.1
        byte[] body = [0, 4, .. "MQTT"u8, 5, 0, 0, 60, 5, 0x11, 0, 0, 0x0E, 0x10, 0, (byte)clientId.Length, .. Encoding.ASCII.GetBytes(clientId)];
        await session.SendAsync([0x10, (byte)body.Length, .. body]);
        await session.ReceiveAsync(0x20);
        return session;
    }

    /// <summary>PUBLISH at QoS 2 with identifiers from <paramref name="first"/> on, each up to PUBREC. §4.3.3</summary>
    public async Task PublishExactlyOnceWithoutReleaseAsync(string topic, int first, int count)
    {
        for (var identifier = first; identifier < first + count; identifier++)
        {
            byte[] body = [0, (byte)topic.Length, .. Encoding.ASCII.GetBytes(topic), 0, (byte)identifier, 0];
            await SendAsync([0x34, (byte)body.Length, .. body]);
            await ReceiveAsync(0x50);
        }
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task SendAsync(byte[] packet) => await client.GetStream().WriteAsync(packet);

    private async Task ReceiveAsync(byte type)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        var header = new byte[2];
        await client.GetStream().ReadExactlyAsync(header, deadline.Token);
        await client.GetStream().ReadExactlyAsync(new byte[header[1]], deadline.Token);
        Assert.Equal(type, header[0]);
    }
}
