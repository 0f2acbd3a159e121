using System.Collections.Concurrent;
using System.Text;
using Gateway.Mqtt.Broker.Tests.Listeners;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests;

/// <summary>The broker used from the same process, without a socket.</summary>
public sealed class EmbeddingTests
{
    private static readonly MqttBrokerOptions NoListener = new() { Listen = [] };

    [Fact]
    public async Task Published_here_reaches_handlers_and_sockets()
    {
        await using var broker = await BrokerFixture.StartAsync();
        using var client = await broker.ConnectAsync("@connect5:a 82 [ 0001 [ ] \"#\" 01 ]");
        await client.ExpectAsync("@ok5 90 [ 0001 [ ] 01 ]");
        var received = new ConcurrentQueue<ApplicationMessage>();
        await using var subscription = broker.Subscribe("a/+", (message, _) =>
        {
            received.Enqueue(message);
            return ValueTask.CompletedTask;
        });
        var sent = new ApplicationMessage
        {
            Topic = "a/b",
            Payload = "x"u8.ToArray(),
            QoS = QualityOfService.AtLeastOnce,
            ContentType = "text",
            MessageExpiryInterval = 60,
            UserProperties = [new UserProperty("k", "v")],
        };
        Assert.Equal(2, broker.Publish(sent));
        Assert.Equal(1, broker.Publish(new ApplicationMessage { Topic = "a/b/c" }));
        await Eventually.TrueAsync(() => !received.IsEmpty);
        var message = Assert.Single(received);
        Assert.Equal("x", Encoding.UTF8.GetString(message.Payload.Span));
        Assert.Equal(sent with { Payload = default, UserProperties = [] }, message with { Payload = default, UserProperties = [] });
        Assert.Equal(sent.UserProperties, message.UserProperties);
        // The codec chooses the order of the properties; this is it.
        await client.ExpectAsync("32 [ \"a/b\" 0001 [ 02 0000003c 03 \"text\" 26 \"k\" \"v\" ] 'x' ] 30 [ \"a/b/c\" [ ] ]");
    }

    [Fact]
    public async Task Handler_gets_retained_messages_first_and_can_tell_them()
    {
        await using var broker = new MqttBroker(NoListener);
        broker.Publish(new ApplicationMessage { Topic = "a", Payload = "1"u8.ToArray(), Retain = true });
        var received = new ConcurrentQueue<(string, bool)>();
        await using var subscription = broker.Subscribe("#", (message, _) =>
        {
            received.Enqueue((Encoding.UTF8.GetString(message.Payload.Span), message.Retain));
            return ValueTask.CompletedTask;
        });
        broker.Publish(new ApplicationMessage { Topic = "a", Payload = "2"u8.ToArray(), Retain = true });
        await Eventually.TrueAsync(() => received.Count == 2);
        Assert.Equal([("1", true), ("2", false)], received);
    }

    [Fact]
    public async Task Busy_handler_loses_what_its_queue_cannot_hold_and_no_more()
    {
        await using var broker = new MqttBroker(NoListener);
        var gate = new TaskCompletionSource();
        var received = new ConcurrentQueue<string>();
        await using var subscription = broker.Subscribe(
            "t",
            async (message, token) =>
            {
                received.Enqueue(Encoding.UTF8.GetString(message.Payload.Span));
                await gate.Task.WaitAsync(token);
            },
            capacity: 2);
        broker.Publish(new ApplicationMessage { Topic = "t", Payload = "0"u8.ToArray() });
        await Eventually.TrueAsync(() => received.Count == 1);
        for (var i = 1; i <= 5; i++)
        {
            broker.Publish(new ApplicationMessage { Topic = "t", Payload = Encoding.UTF8.GetBytes($"{i}") });
        }

        gate.SetResult();
        await Eventually.TrueAsync(() => received.Count == 3);
        Assert.Equal(["0", "1", "2"], received);
        Assert.Equal(3, broker.Counters.DroppedQueueFull);
    }

    [Fact]
    public async Task Handler_that_fails_gets_the_next_message_and_none_after_disposal()
    {
        await using var broker = new MqttBroker(NoListener);
        var calls = 0;
        var subscription = broker.Subscribe("t", (_, _) =>
        {
            Interlocked.Increment(ref calls);
            throw new InvalidOperationException();
        });
        broker.Publish(new ApplicationMessage { Topic = "t" });
        broker.Publish(new ApplicationMessage { Topic = "t" });
        await Eventually.TrueAsync(() => calls == 2);
        await subscription.DisposeAsync();
        await subscription.DisposeAsync();
        Assert.Equal(0, broker.Publish(new ApplicationMessage { Topic = "t" }));
        Assert.Equal(0, broker.Counters.Subscriptions);
    }

    [Fact]
    public async Task Messages_and_filters_that_are_not_valid_are_refused()
    {
        await using var broker = new MqttBroker(NoListener);
        Assert.Throws<MqttException>(() => broker.Publish(new ApplicationMessage { Topic = "a/+" }));
        Assert.Throws<MqttException>(() => broker.Publish(new ApplicationMessage { Topic = "" }));
        Assert.Throws<MqttException>(() => broker.Publish(new ApplicationMessage { Topic = "a\0" }));
        Assert.Throws<ArgumentException>(() => broker.Subscribe("a/#/b", (_, _) => ValueTask.CompletedTask));
        Assert.Equal(0, broker.Publish(new ApplicationMessage { Topic = "a" }));
    }

    [Fact]
    public async Task Events_tell_what_clients_do()
    {
        await using var broker = await BrokerFixture.StartAsync();
        var events = new ConcurrentQueue<ClientEvent>();
        broker.ClientChanged += (_, happened) => events.Enqueue(happened);
        using var client = await broker.ConnectAsync("@connect5:a 82 [ 0001 [ ] \"t\" 01 ] a2 [ 0002 [ ] \"t\" ] e0 00");
        await Eventually.TrueAsync(() => events.Count == 4);
        Assert.Equal(
            [
                "ClientConnected a", "ClientSubscribed a", "ClientUnsubscribed a", "ClientDisconnected a",
            ],
            events.Select(e => $"{e.GetType().Name} {e.ClientId}"));
        Assert.Equal(ProtocolVersion.V50, ((ClientConnected)events.First()).ProtocolVersion);
        Assert.Equal(ReasonCode.NormalDisconnection, ((ClientDisconnected)events.Last()).ReasonCode);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.2.2-16")]
    [Trait("Spec", "MQTT-3.1.3-6")]
    [Trait("Spec", "MQTT-3.1.3-7")]
    public async Task Client_without_identifier_is_given_one_of_its_own()
    {
        await using var broker = await BrokerFixture.StartAsync();
        var identifiers = new HashSet<string>();
        for (var i = 0; i < 3; i++)
        {
            using var client = await broker.ConnectAsync("@connect5:");
            // 20, length, flags, reason, property length, 12 = Assigned Client Identifier wherever it stands
            var bytes = await client.ReceiveAsync(2 + 3 + 3 + 5 + 3 + 40);
            var text = Encoding.ASCII.GetString(bytes);
            var at = text.IndexOf("auto-", StringComparison.Ordinal);
            Assert.Equal([0x12, 0x00, 37], bytes[(at - 3)..at]);
            identifiers.Add(text.Substring(at, 37));
        }

        Assert.Equal(3, identifiers.Count);
    }
}
