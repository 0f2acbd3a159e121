using System.Net.WebSockets;
using Gateway.Mqtt.Transport;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Transport;

public sealed class BinaryFrameStreamTests : IDisposable
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(30));
    private readonly WebSocket _server;
    private readonly BinaryFrameStream _client;

    public BinaryFrameStreamTests()
    {
        var (near, far) = DuplexStream.Create();
        _server = WebSocket.CreateFromStream(far, new WebSocketCreationOptions { IsServer = true });
        _client = new BinaryFrameStream(WebSocket.CreateFromStream(near, new WebSocketCreationOptions()));
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
        _deadline.Dispose();
    }

    [Fact]
    [Trait("Spec", "MQTT-6.0.0-2")]
    [Trait("Spec311", "MQTT-6.0.0-2")]
    public async Task Bytes_may_be_cut_anywhere_and_empty_frames_say_nothing()
    {
        await _server.SendAsync(new byte[] { 1 }, WebSocketMessageType.Binary, endOfMessage: false, _deadline.Token);
        await _server.SendAsync(Array.Empty<byte>(), WebSocketMessageType.Binary, endOfMessage: true, _deadline.Token);
        await _server.SendAsync(new byte[] { 2, 3 }, WebSocketMessageType.Binary, endOfMessage: true, _deadline.Token);
        var received = new byte[3];
        await _client.ReadExactlyAsync(received, _deadline.Token);
        Assert.Equal([1, 2, 3], received);
    }

    [Fact]
    [Trait("Spec", "MQTT-6.0.0-1")]
    [Trait("Spec311", "MQTT-6.0.0-1")]
    public async Task Writes_are_binary_frames_and_a_text_frame_from_the_server_closes()
    {
        var buffer = new byte[10];
        await _client.WriteAsync(new byte[] { 0xC0, 0x00 }, _deadline.Token);
        Assert.Equal(WebSocketMessageType.Binary, (await _server.ReceiveAsync(buffer, _deadline.Token)).MessageType);

        await _server.SendAsync("x"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, _deadline.Token);
        var exception = await Assert.ThrowsAsync<IOException>(() => _client.ReadAsync(buffer, _deadline.Token).AsTask());
        Assert.Equal("the server sent a WebSocket text frame", exception.Message);
        Assert.Equal(WebSocketCloseStatus.InvalidMessageType, (await _server.ReceiveAsync(buffer, _deadline.Token)).CloseStatus);
    }

    [Fact]
    public async Task Disposing_says_goodbye_and_a_goodbye_is_the_end()
    {
        await _client.DisposeAsync();
        Assert.Equal(WebSocketCloseStatus.NormalClosure, (await _server.ReceiveAsync(new byte[1], _deadline.Token)).CloseStatus);
    }

    [Fact]
    public async Task The_servers_goodbye_is_the_end()
    {
        await _server.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, _deadline.Token);
        Assert.Equal(0, await _client.ReadAsync(new byte[1], _deadline.Token));
    }
}
