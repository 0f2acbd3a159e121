using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Mqtt.Broker.Tests.Wire;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Listeners;

/// <summary><c>ws://</c> and <c>wss://</c>: agreeing on the WebSocket, frames of every shape, and who may connect.</summary>
public sealed class WebSocketListenerTests
{
    private static readonly Uri AnyPort = new("ws://127.0.0.1:0");

    [Theory]
    [InlineData("/mqtt")]
    [InlineData("/")]
    [InlineData("")]
    [Trait("Spec", "MQTT-6.0.0-4")]
    [Trait("Spec311", "MQTT-6.0.0-4")]
    public async Task Subprotocol_mqtt_is_chosen_on_the_paths_that_people_use(string path)
    {
        await using var broker = await StartAsync();
        using var socket = await StreamClient.OpenAsync(UriOf(broker, path));
        Assert.Equal("mqtt", socket.SubProtocol);
    }

    [Fact]
    public async Task Subprotocol_of_old_clients_is_taken_and_mqtt_preferred()
    {
        await using var broker = await StartAsync();
        using var old = await StreamClient.OpenAsync(UriOf(broker), "mqttv3.1");
        Assert.Equal("mqttv3.1", old.SubProtocol);
        var answer = await AskAsync(broker, Upgrade.Replace("Protocol: mqtt", "Protocol: other, mqttv3.1, mqtt", StringComparison.Ordinal));
        Assert.StartsWith("HTTP/1.1 101 ", answer, StringComparison.Ordinal);
        Assert.Contains("Sec-WebSocket-Protocol: mqtt\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Sec-WebSocket-Extensions", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /other HTTP/1.1", "", "404", "MQTT is at /mqtt.")]
    [InlineData("GET / HTTP/1.1", "Upgrade: websocket", "426", "This is an MQTT broker: connect with a WebSocket of subprotocol mqtt.")]
    [InlineData("GET / HTTP/1.1", "Sec-WebSocket-Protocol: mqtt", "400", "The WebSocket subprotocol mqtt is needed in Sec-WebSocket-Protocol.")]
    [InlineData("GET / HTTP/1.1", "Sec-WebSocket-Version: 13", "426", "")]
    [InlineData("POST / HTTP/1.1", "", "426", "This is an MQTT broker: connect with a WebSocket of subprotocol mqtt.")]
    public async Task What_is_no_such_request_is_told_so_and_closed(string requestLine, string without, string status, string message)
    {
        await using var broker = await StartAsync();
        var request = Upgrade.Replace("GET /mqtt HTTP/1.1", requestLine, StringComparison.Ordinal);
        if (without.Length > 0)
        {
            request = request.Replace(without + "\r\n", "", StringComparison.Ordinal);
        }

        var answer = await AskAsync(broker, request, toTheEnd: true);
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains(message, answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Server:", answer, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => broker.Counters.Connections == 0);
    }

    [Fact]
    [Trait("Spec", "MQTT-6.0.0-2")]
    [Trait("Spec311", "MQTT-6.0.0-2")]
    public async Task Packets_may_be_cut_anywhere_and_share_frames()
    {
        await using var broker = await StartAsync();
        using var socket = await StreamClient.OpenAsync(UriOf(broker));
        var bytes = WireText.Parse("@connect5:a 82 [ 0001 00 \"t\" 01 ] c0 00");

        // One message in three frames, an empty one, one of a byte, and the rest.
        await socket.SendAsync(bytes.AsMemory(..5), WebSocketMessageType.Binary, endOfMessage: false, CancellationToken.None);
        await socket.SendAsync(bytes.AsMemory(5..6), WebSocketMessageType.Binary, endOfMessage: false, CancellationToken.None);
        await socket.SendAsync(bytes.AsMemory(6..7), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        await socket.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        await socket.SendAsync(bytes.AsMemory(7..8), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        await socket.SendAsync(bytes.AsMemory(8..), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        await using var client = new StreamClient(WebSocketStream.Create(socket, WebSocketMessageType.Binary));
        await client.ExpectAsync("@ok5 90 04 0001 00 01 d0 00");
    }

    [Fact]
    public async Task Frames_of_one_byte_carry_a_large_message_and_nobody_waits()
    {
        await using var broker = await StartAsync();
        await using var witness = await StreamClient.WebSocketAsync(UriOf(broker));
        await witness.SendAsync("@connect4:w 82 [ 0001 \"t\" 00 ]");
        await witness.ExpectAsync("@ok4 90 03 0001 00");
        using var socket = await StreamClient.OpenAsync(UriOf(broker));
        var body = new string('x', 5000);
        foreach (var value in WireText.Parse($"@connect4:a 30 [ \"t\" '{body}' ]"))
        {
            await socket.SendAsync(new[] { value }, WebSocketMessageType.Binary, endOfMessage: false, CancellationToken.None);
        }

        await witness.ExpectAsync($"30 [ \"t\" '{body}' ]");
    }

    [Fact]
    [Trait("Spec", "MQTT-6.0.0-1")]
    [Trait("Spec311", "MQTT-6.0.0-1")]
    public async Task Text_frame_closes()
    {
        await using var broker = await StartAsync();
        using var socket = await StreamClient.OpenAsync(UriOf(broker));
        await using var client = new StreamClient(WebSocketStream.Create(socket, WebSocketMessageType.Binary));
        await client.SendAsync("@connect4:a");
        await client.ExpectAsync("@ok4");
        await socket.SendAsync("0\u0003\0\u0001t"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        await client.ExpectCloseAsync();
        Assert.Equal(WebSocketCloseStatus.InvalidMessageType, socket.CloseStatus);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await Eventually.TrueAsync(() => broker.Counters.Connections == 0);
    }

    [Fact]
    public async Task Goodbye_of_the_broker_comes_before_the_close_frame()
    {
        await using var broker = await StartAsync();
        using var socket = await StreamClient.OpenAsync(UriOf(broker));
        await using var client = new StreamClient(WebSocketStream.Create(socket, WebSocketMessageType.Binary));
        await client.SendAsync("@connect5:a");
        await client.ExpectAsync("@ok5");
        var stopping = broker.StopAsync(CancellationToken.None);
        await client.ExpectAsync("e0 01 8b");
        await client.ExpectCloseAsync();
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await stopping;
        Assert.Equal(0, broker.Counters.Connections);
    }

    [Fact]
    public async Task Client_that_never_answers_the_close_frame_is_cut_off()
    {
        var time = new ManualTimeProvider();
        await using var broker = await StartAsync(timeProvider: time);
        using var client = await broker.ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(Upgrade));
        await ReadHeadAsync(client);
        await client.SendAsync(Frame(0x82, "c0 00"));

        // Not a CONNECT: 88 02 03e8 is the server's close frame.
        await client.ExpectAsync("88 02 03e8");
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return broker.Counters.Connections == 0;
        });
        await client.ExpectCloseAsync();
    }

    [Fact]
    [Trait("Spec", "MQTT-3.1.2-8")]
    public async Task Connection_that_breaks_publishes_the_Will()
    {
        await using var broker = await StartAsync();
        await using var watcher = await StreamClient.WebSocketAsync(UriOf(broker));
        await watcher.SendAsync("@connect4:w 82 [ 0001 \"w\" 00 ]");
        await watcher.ExpectAsync("@ok4 90 03 0001 00");
        using var client = await broker.ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(Upgrade));
        await ReadHeadAsync(client);
        await client.SendAsync(Frame(0x82, "10 [ \"MQTT\" 04 06 003c \"a\" \"w\" \"gone\" ]"));
        await client.ExpectAsync("82 04 @ok4");
        client.Abort();
        await watcher.ExpectAsync("30 [ \"w\" 'gone' ]");
    }

    [Fact]
    public async Task Ping_is_answered_between_the_frames_of_a_message()
    {
        await using var broker = await StartAsync();
        using var client = await broker.ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(Upgrade));
        await ReadHeadAsync(client);
        await client.SendAsync(Frame(0x02, "@connect4:a"));
        await client.ExpectAsync("82 04 @ok4");
        await client.SendAsync(Frame(0x89, "68 69"));
        await client.ExpectAsync("8a 02 68 69");
        await client.SendAsync(Frame(0x80, "c0 00"));
        await client.ExpectAsync("82 02 d0 00");
    }

    [Theory]
    [InlineData("82 02 c0 00 00 00 00 00")] // not masked
    [InlineData("f2 80 00 00 00 00")] // reserved bits
    [InlineData("83 80 00 00 00 00")] // an opcode that is none
    [InlineData("80 80 00 00 00 00")] // goes on with a message that never began
    [InlineData("89 fe 00 7e 00 00 00 00")] // a ping of 126 bytes
    [InlineData("82 ff 80 00 00 00 00 00 00 00 00 00 00 00")] // 2^63 bytes announced
    [InlineData("82 88 a1 b2 c3 d4 00 01 02 03 04 05 06 07")] // masked noise
    public async Task Frames_that_are_none_close_their_connection_only(string bytes)
    {
        await using var broker = await StartAsync();
        await using var witness = await StreamClient.WebSocketAsync(UriOf(broker));
        await witness.SendAsync("@connect4:w");
        await witness.ExpectAsync("@ok4");
        using var vandal = await broker.ConnectAsync();
        await vandal.SendAsync(Encoding.ASCII.GetBytes(Upgrade));
        await ReadHeadAsync(vandal);
        await vandal.SendAsync(bytes);
        try
        {
            Assert.Equal(0x88, Assert.Single(await vandal.ReceiveAsync(1)));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // The reset that follows the close frame may overtake it.
        }

        vandal.Dispose();
        await Eventually.TrueAsync(() => broker.Counters.Connections == 1);
        await witness.SendAsync("c0 00");
        await witness.ExpectAsync("d0 00");
    }

    [Fact]
    public async Task Upgrade_that_is_never_finished_is_closed_and_counted_meanwhile()
    {
        await using var broker = await StartAsync(new BrokerLimits { Connections = 1, ConnectTimeout = TimeSpan.FromSeconds(2) });
        using var slow = await broker.ConnectAsync();
        await slow.SendAsync(Encoding.ASCII.GetBytes(Upgrade[..^2]));
        await Eventually.TrueAsync(() => broker.Counters.Connections == 1);
        using var second = await broker.ConnectAsync();
        await second.ExpectCloseAsync();
        Assert.StartsWith("HTTP/1.1 408 ", await ReadToEndAsync(slow), StringComparison.Ordinal);
        await Eventually.TrueAsync(() => broker.Counters.Connections == 0);

        // The WebSocket is there, its CONNECT is not.
        using var mute = await StreamClient.OpenAsync(UriOf(broker));
        var result = await mute.ReceiveAsync(new byte[10].AsMemory(), CancellationToken.None);
        Assert.Equal(WebSocketMessageType.Close, result.MessageType);
    }

    [Theory]
    [InlineData(1, 20_000, "431")]
    [InlineData(100, 10, "431")]
    public async Task Headers_without_end_are_refused(int count, int length, string status)
    {
        await using var broker = await StartAsync();
        using var client = await broker.ConnectAsync();
        var headers = string.Concat(Enumerable.Range(0, count).Select(i => $"X-{i}: {new string('x', length)}\r\n"));
        await client.SendAsync(Encoding.ASCII.GetBytes(Upgrade[..^2] + headers + "\r\n"));
        Assert.StartsWith($"HTTP/1.1 {status} ", await ReadToEndAsync(client), StringComparison.Ordinal);
        await Eventually.TrueAsync(() => broker.Counters.Connections == 0);
    }

    [Fact]
    public async Task Subscriber_that_does_not_read_holds_up_nobody()
    {
        await using var broker = await StartAsync(new BrokerLimits { UnsentBytes = 100_000 });
        await using var stuck = await StreamClient.WebSocketAsync(UriOf(broker));
        await stuck.SendAsync("@connect4:stuck 82 [ 0001 \"t\" 00 ]");
        await stuck.ExpectAsync("@ok4 90 03 0001 00");
        await using var quick = await StreamClient.WebSocketAsync(UriOf(broker));
        await quick.SendAsync("@connect4:quick 82 [ 0001 \"t\" 01 ]");
        await quick.ExpectAsync("@ok4 90 03 0001 01");
        var body = new string('x', 50_000);
        for (var i = 1; i <= 400; i++)
        {
            await broker.PublishAsync(new ApplicationMessage { Topic = "t", Payload = Encoding.ASCII.GetBytes(body), QoS = QualityOfService.AtLeastOnce });
            await quick.ExpectAsync($"32 [ \"t\" {i:x4} '{body}' ]");
            await quick.SendAsync($"40 02 {i:x4}");
        }

        Assert.InRange(broker.Counters.DroppedSlowSubscriber, 1, 400);
    }

    [Fact]
    public async Task Secure_WebSocket_carries_the_same()
    {
        using var certificates = new TestCertificates();
        var options = new MqttBrokerOptions
        {
            Listen = [new Uri("wss://127.0.0.1:0/mqtt")],
            Tls = new ListenerTlsOptions { CertificateFile = certificates.Certificate("server"), KeyFile = certificates.Key("server") },
        };
        await using var broker = new MqttBroker(options);
        await broker.StartAsync(CancellationToken.None);
        await using var client = await StreamClient.WebSocketAsync(new Uri($"wss://127.0.0.1:{broker.Port()}/mqtt"));
        await client.SendAsync("@connect5:a c0 00");
        await client.ExpectAsync("@ok5 d0 00");
        await Assert.ThrowsAsync<WebSocketException>(() => StreamClient.OpenAsync(new Uri($"wss://127.0.0.1:{broker.Port()}/")));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("http://127.0.0.1:8080", true)]
    [InlineData("http://localhost:3000", true)]
    [InlineData("http://[::1]", true)]
    [InlineData("https://dash.example.org", true)]
    [InlineData("https://DASH.example.org", true)]
    [InlineData("http://dash.example.org", false)]
    [InlineData("https://evil.example.org", false)]
    [InlineData("http://localhost.example.org", false)]
    [InlineData("null", false)]
    public async Task Pages_of_other_hosts_are_kept_out(string? origin, bool isLetIn)
    {
        await using var broker = await StartAsync(origins: ["https://dash.example.org"]);
        var opening = StreamClient.OpenAsync(UriOf(broker), origin: origin);
        if (isLetIn)
        {
            (await opening).Dispose();
            return;
        }

        var error = await Assert.ThrowsAsync<WebSocketException>(() => opening);
        Assert.Contains("403", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://192.0.2.7", "192.0.2.7", true)]
    [InlineData("http://192.0.2.7:8080", "192.0.2.7", true)]
    [InlineData("http://192.0.2.8", "192.0.2.7", false)]
    [InlineData("http://127.0.0.1", "192.0.2.7", false)]
    [InlineData("http://[2001:db8::1]", "[2001:db8::1]", true)]
    [InlineData("http://rebound.example.org", "rebound.example.org", false)]
    [InlineData("file://localhost", "localhost", false)]
    [InlineData("", "localhost", false)]
    public void Same_host_is_one_that_no_name_server_can_claim(string origin, string host, bool isAllowed)
        => Assert.Equal(isAllowed, WebOrigin.IsAllowed(origin, host, [], isAnonymous: true));

    [Fact]
    public void Machine_is_known_by_its_own_name()
    {
        var name = Environment.MachineName;
        Assert.True(WebOrigin.IsAllowed($"http://{name}", name, [], isAnonymous: true));
        Assert.True(WebOrigin.IsAllowed($"http://{name}.local:8080", $"{name}.local", [], isAnonymous: true));
        Assert.True(WebOrigin.IsAllowed("https://anybody.example.org", "192.0.2.7", ["*"], isAnonymous: true));
        Assert.True(WebOrigin.IsAllowed("http://gateway.example.org", "gateway.example.org", [], isAnonymous: false));
        Assert.False(WebOrigin.IsAllowed("http://other.example.org", "gateway.example.org", [], isAnonymous: false));
    }

    private const string Upgrade =
        "GET /mqtt HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

    private static async Task<MqttBroker> StartAsync(BrokerLimits? limits = null, IReadOnlyList<string>? origins = null, TimeProvider? timeProvider = null)
    {
        var broker = new MqttBroker(new MqttBrokerOptions { Listen = [AnyPort], Limits = limits ?? new(), AllowedOrigins = origins ?? [] }, timeProvider);
        await broker.StartAsync(CancellationToken.None);
        return broker;
    }

    private static Uri UriOf(MqttBroker broker, string path = "/mqtt") => new($"ws://127.0.0.1:{broker.Port()}{path}");

    /// <summary>A frame that is masked with zeros; RFC 6455 §5.2.</summary>
    private static byte[] Frame(byte head, string text) => WireText.Parse(text) is var payload ? [head, (byte)(0x80 | payload.Length), 0, 0, 0, 0, .. payload] : [];

    private static async Task<string> AskAsync(MqttBroker broker, string request, bool toTheEnd = false)
    {
        using var client = await broker.ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(request));
        return toTheEnd ? await ReadToEndAsync(client) : await ReadHeadAsync(client);
    }

    private static async Task<string> ReadHeadAsync(SocketClient client)
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var received = await client.ReceiveAsync(1);
            Assert.NotEmpty(received);
            head.Append((char)received[0]);
        }

        return head.ToString();
    }

    private static async Task<string> ReadToEndAsync(SocketClient client) => Encoding.ASCII.GetString(await client.ReceiveAsync(100_000));
}
