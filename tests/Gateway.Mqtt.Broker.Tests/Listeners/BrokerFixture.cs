using System.Net;
using System.Net.Sockets;
using Gateway.Mqtt.Broker.Tests.Wire;

namespace Gateway.Mqtt.Broker.Tests.Listeners;

/// <summary>A broker on a free loopback port, and bytes over real sockets.</summary>
internal static class BrokerFixture
{
    public static readonly Uri AnyPort = new("mqtt://127.0.0.1:0");

    public static async Task<MqttBroker> StartAsync(MqttBrokerOptions? options = null, TimeProvider? timeProvider = null)
    {
        var broker = new MqttBroker((options ?? new MqttBrokerOptions()) with { Listen = options is { Listen: [var uri] } && uri.Port == 0 ? [uri] : [AnyPort] }, timeProvider);
        await broker.StartAsync(CancellationToken.None);
        return broker;
    }

    public static int Port(this MqttBroker broker) => ((IPEndPoint)broker.Listeners[0].EndPoint!).Port;

    public static async Task<SocketClient> ConnectAsync(this MqttBroker broker, string text = "")
    {
        var endPoint = (IPEndPoint)broker.Listeners[0].EndPoint!;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endPoint);
        var client = new SocketClient(socket);
        if (text.Length > 0)
        {
            await client.SendAsync(text);
        }

        return client;
    }
}

/// <summary>A socket that speaks <see cref="WireText"/>.</summary>
internal sealed class SocketClient(Socket socket) : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public async Task SendAsync(string text) => await SendAsync(WireText.Parse(text));

    public async Task SendAsync(byte[] bytes)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var sent = 0;
        while (sent < bytes.Length)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent), deadline.Token);
        }
    }

    /// <summary>Receives exactly that.</summary>
    public async Task ExpectAsync(string text)
    {
        var expected = WireText.Parse(text);
        Assert.Equal(WireText.Format(expected), WireText.Format(await ReceiveAsync(expected.Length)));
    }

    public async Task<byte[]> ReceiveAsync(int count)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var bytes = new byte[count];
        var received = 0;
        while (received < count)
        {
            var length = await socket.ReceiveAsync(bytes.AsMemory(received), deadline.Token);
            if (length == 0)
            {
                return bytes[..received];
            }

            received += length;
        }

        return bytes;
    }

    /// <summary>Nothing has come. What the broker holds back it would have sent before an answer to somebody else: that has to have come.</summary>
    public Task ExpectNothingAsync()
    {
        Assert.Equal(0, socket.Available);
        return Task.CompletedTask;
    }

    /// <summary>The other end closes, having said nothing more.</summary>
    public async Task ExpectCloseAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1].AsMemory(), deadline.Token));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Closed with bytes of ours unread.
        }
    }

    /// <summary>The other end reads the end; what it says is still received.</summary>
    public void EndSending() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>As a process that dies with a power cut would: no farewell, a reset at most.</summary>
    public void Abort()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();
}
