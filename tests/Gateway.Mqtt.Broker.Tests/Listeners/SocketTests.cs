using System.Net;
using System.Net.Sockets;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Listeners;

/// <summary>What the socket side adds to the state machine.</summary>
public sealed class SocketTests
{
    [Fact]
    [Trait("Spec", "MQTT-4.2-1")]
    [Trait("Spec311", "MQTT-7.1.1-1")]
    [Trait("Spec", "MQTT-3.2.0-1")]
    public async Task Message_goes_from_socket_to_socket()
    {
        await using var broker = await BrokerFixture.StartAsync();
        using var subscriber = await broker.ConnectAsync("@connect4:s 82 [ 0001 \"t\" 01 ]");
        await subscriber.ExpectAsync("@ok4 90 03 0001 01");
        using var publisher = await broker.ConnectAsync("@connect5:p 32 [ \"t\" 0009 [ ] 'x' ]");
        await publisher.ExpectAsync("@ok5 40 02 0009");
        await subscriber.ExpectAsync("32 [ \"t\" 0001 'x' ]");
    }

    [Fact]
    public async Task Bytes_may_come_one_by_one()
    {
        await using var broker = await BrokerFixture.StartAsync();
        using var client = await broker.ConnectAsync();
        foreach (var value in Wire.WireText.Parse("@connect4:s 82 [ 0001 \"t\" 01 ]"))
        {
            await client.SendAsync([value]);
        }

        await client.ExpectAsync("@ok4 90 03 0001 01");
    }

    [Fact]
    [Trait("Spec", "MQTT-4.13.1-1")]
    public async Task Garbage_closes_its_connection_only()
    {
        await using var broker = await BrokerFixture.StartAsync();
        using var witness = await broker.ConnectAsync("@connect4:w");
        await witness.ExpectAsync("@ok4");
        var random = new Random(1);
        for (var i = 0; i < 20; i++)
        {
            using var vandal = await broker.ConnectAsync();
            var garbage = new byte[1000];
            random.NextBytes(garbage);
            garbage[0] = 0x00;
            await vandal.SendAsync(garbage);
            await vandal.ExpectCloseAsync();
        }

        using var old = await broker.ConnectAsync("@connect4:old 00 00");
        await old.ExpectAsync("@ok4");
        await old.ExpectCloseAsync();
        using var modern = await broker.ConnectAsync("@connect5:modern 00 00");
        await modern.ExpectAsync("@ok5 e0 01 81");
        await modern.ExpectCloseAsync();

        await witness.SendAsync("c0 00");
        await witness.ExpectAsync("d0 00");
        Assert.Equal(22, broker.Counters.ProtocolErrors);
    }

    [Fact]
    public async Task Errors_of_a_kind_are_told_once_a_minute_with_their_number()
    {
        using var log = new LogLines();
        var time = new ManualTimeProvider();
        await using var broker = new MqttBroker(new MqttBrokerOptions { Listen = [BrokerFixture.AnyPort] }, time, log);
        await broker.StartAsync(CancellationToken.None);
        await BreakAsync("00 00", 5);
        await BreakAsync("c0 00", 1);
        time.Advance(TimeSpan.FromMinutes(1));
        await BreakAsync("00 00", 1);
        await Eventually.TrueAsync(() => log.All.Count == 3);
        Assert.DoesNotContain("more like this", log.All[0] + log.All[1], StringComparison.Ordinal);
        Assert.EndsWith("(MalformedPacket) (4 more like this since the last such line)", log.All[2], StringComparison.Ordinal);

        async Task BreakAsync(string text, int times)
        {
            for (var i = 0; i < times; i++)
            {
                using var stranger = await broker.ConnectAsync(text);
                await stranger.ExpectCloseAsync();
            }
        }
    }

    [Fact]
    [Trait("Spec", "MQTT-3.1.2-8")]
    public async Task Abrupt_end_publishes_the_Will()
    {
        await using var broker = await BrokerFixture.StartAsync();
        using var watcher = await broker.ConnectAsync("@connect4:w 82 [ 0001 \"w\" 00 ]");
        await watcher.ExpectAsync("@ok4 90 03 0001 00");
        using var client = await broker.ConnectAsync("10 [ \"MQTT\" 04 06 003c \"a\" \"w\" \"gone\" ]");
        await client.ExpectAsync("@ok4");
        client.Abort();
        await watcher.ExpectAsync("30 [ \"w\" 'gone' ]");
    }

    [Fact]
    [Trait("Spec", "MQTT-3.1.4-3")]
    public async Task Take_over_closes_the_older_socket()
    {
        await using var broker = await BrokerFixture.StartAsync();
        using var older = await broker.ConnectAsync("@connect5:same");
        await older.ExpectAsync("@ok5");
        using var newer = await broker.ConnectAsync("@connect5:same");
        await older.ExpectAsync("e0 01 8e");
        await older.ExpectCloseAsync();
        await newer.ExpectAsync("@ok5");
    }

    [Fact]
    [Trait("Spec", "MQTT-3.1.2-22")]
    public async Task Silent_client_is_closed_by_the_clock()
    {
        var time = new ManualTimeProvider();
        await using var broker = await BrokerFixture.StartAsync(timeProvider: time);
        using var client = await broker.ConnectAsync("10 [ \"MQTT\" 04 02 000a \"a\" ]");
        await client.ExpectAsync("@ok4");
        using var mute = await broker.ConnectAsync();
        await Eventually.TrueAsync(() => broker.Counters.Connections == 2);
        time.Advance(TimeSpan.FromSeconds(10));
        await mute.ExpectCloseAsync();
        await client.SendAsync("c0 00");
        await client.ExpectAsync("d0 00");
        time.Advance(TimeSpan.FromSeconds(15));
        await client.ExpectCloseAsync();
        await Eventually.TrueAsync(() => broker.Counters.Connections == 0);
    }

    [Fact]
    public async Task Subscriber_that_does_not_read_holds_up_nobody()
    {
        await using var broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Limits = new BrokerLimits { UnsentBytes = 100_000 } });
        using var stuck = await broker.ConnectAsync("@connect4:stuck 82 [ 0001 \"t\" 00 ]");
        await stuck.ExpectAsync("@ok4 90 03 0001 00");
        using var quick = await broker.ConnectAsync("@connect4:quick 82 [ 0001 \"t\" 01 ]");
        await quick.ExpectAsync("@ok4 90 03 0001 01");
        using var publisher = await broker.ConnectAsync("@connect4:p");
        await publisher.ExpectAsync("@ok4");

        var body = new string('x', 50_000);
        const int Messages = 400;
        for (var i = 1; i <= Messages; i++)
        {
            await publisher.SendAsync($"32 [ \"t\" {i:x4} '{body}' ]");
            await publisher.ExpectAsync($"40 02 {i:x4}");
            await quick.ExpectAsync($"32 [ \"t\" {i:x4} '{body}' ]");
            await quick.SendAsync($"40 02 {i:x4}");
        }

        Assert.InRange(broker.Counters.DroppedSlowSubscriber, 1, Messages);
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_closed_at_once()
    {
        await using var broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Limits = new BrokerLimits { Connections = 1 } });
        using var first = await broker.ConnectAsync("@connect4:a");
        await first.ExpectAsync("@ok4");
        using var second = await broker.ConnectAsync();
        await second.ExpectCloseAsync();
        first.Dispose();
        await Eventually.TrueAsync(() => broker.Counters.Connections == 0);
        using var third = await broker.ConnectAsync("@connect4:a");
        await third.ExpectAsync("@ok4");
        Assert.Equal(1, broker.Counters.ConnectionsRefused);
    }

    [Theory]
    [InlineData("10 [ \"MQTT\" 04 c2 003c \"a\" \"ann\" \"secret\" ] c0 00", "@ok4 d0 00", false)]
    [InlineData("10 [ \"MQTT\" 04 c2 003c \"a\" \"ann\" \"wrong\" ] c0 00", "20 02 00 04", true)]
    [InlineData("10 [ \"MQTT\" 05 c2 003c [ ] \"a\" \"ann\" \"wrong\" ]", "20 03 00 86 00", true)]
    [InlineData("@connect4:a", "20 02 00 05", true)]
    [InlineData("@connect5:a", "20 03 00 87 00", true)]
    [Trait("Spec", "MQTT-3.1.4-2")]
    [Trait("Spec", "MQTT-3.2.2-7")]
    public async Task Users_are_checked_and_anonymous_clients_refused(string connect, string answer, bool closes)
    {
        var folder = Directory.CreateTempSubdirectory("users-");
        try
        {
            var path = Path.Combine(folder.FullName, "users");
            UsersFile.Set(path, "ann", "secret");
            using var authenticator = new UsersFileAuthenticator(path);
            await using var broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Authenticator = authenticator });
            using var client = await broker.ConnectAsync(connect);
            await client.ExpectAsync(answer);
            if (closes)
            {
                await client.ExpectCloseAsync();
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Authenticator_that_fails_refuses_and_nothing_else()
    {
        await using var broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Authenticator = new FailingAuthenticator() });
        using var client = await broker.ConnectAsync("@connect5:a");
        await client.ExpectAsync("20 03 00 88 00");
        await client.ExpectCloseAsync();
    }

    [Fact]
    public async Task Taken_port_fails_the_start()
    {
        using var other = Taken();
        await using var broker = new MqttBroker(new MqttBrokerOptions { Listen = [UriOf(other)] });
        var error = await Assert.ThrowsAsync<MqttBrokerException>(() => broker.StartAsync(CancellationToken.None));
        Assert.Equal($"{UriOf(other)} cannot be listened on: another program has the port.", error.Message);
    }

    [Fact]
    public async Task Taken_port_is_tried_again_until_it_is_free()
    {
        var time = new ManualTimeProvider();
        var other = Taken();
        await using var broker = new MqttBroker(
            new MqttBrokerOptions { Listen = [UriOf(other), new Uri("mqtt://[::1]:0")], WhenListenerFails = Broker.Listeners.ListenerFailurePolicy.Retry }, time);
        await broker.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => broker.Listeners[0].Problem is not null && broker.Listeners[1].EndPoint is not null);
        Assert.Null(broker.Listeners[0].EndPoint);
        Assert.Equal(IPAddress.IPv6Loopback, ((IPEndPoint)broker.Listeners[1].EndPoint!).Address);

        other.Dispose();
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return broker.Listeners[0].EndPoint is not null;
        });
        Assert.Null(broker.Listeners[0].Problem);
        using var client = await broker.ConnectAsync("@connect4:a");
        await client.ExpectAsync("@ok4");
    }

    [Fact]
    public async Task Stop_tells_the_clients_of_5_0_and_closes_all()
    {
        await using var broker = await BrokerFixture.StartAsync();
        using var modern = await broker.ConnectAsync("@connect5:a");
        await modern.ExpectAsync("@ok5");
        using var old = await broker.ConnectAsync("@connect4:b");
        await old.ExpectAsync("@ok4");
        using var mute = await broker.ConnectAsync();
        await Eventually.TrueAsync(() => broker.Counters.Connections == 3);
        await broker.StopAsync(CancellationToken.None);
        await modern.ExpectAsync("e0 01 8b");
        await modern.ExpectCloseAsync();
        await old.ExpectCloseAsync();
        await mute.ExpectCloseAsync();
        Assert.Equal(0, broker.Counters.Connections);
        Assert.Null(broker.Listeners[0].EndPoint);
    }

    private static Socket Taken()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private static Uri UriOf(Socket socket) => new($"mqtt://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}");

    private sealed class FailingAuthenticator : IAuthenticator
    {
        public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
            => throw new InvalidOperationException(ReasonCode.UnspecifiedError.ToString());
    }
}
