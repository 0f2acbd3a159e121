using System.Collections.Concurrent;
using System.Text;
using Gateway.Mqtt.Broker.Access;
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
        await using var subscription = await broker.SubscribeAsync("a/+", (message, _) =>
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
        Assert.Equal(2, await broker.PublishAsync(sent));
        Assert.Equal(1, await broker.PublishAsync(new ApplicationMessage { Topic = "a/b/c" }));
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
        await broker.PublishAsync(new ApplicationMessage { Topic = "a", Payload = "1"u8.ToArray(), Retain = true });
        var received = new ConcurrentQueue<(string, bool)>();
        await using var subscription = await broker.SubscribeAsync("#", (message, _) =>
        {
            received.Enqueue((Encoding.UTF8.GetString(message.Payload.Span), message.Retain));
            return ValueTask.CompletedTask;
        });
        await broker.PublishAsync(new ApplicationMessage { Topic = "a", Payload = "2"u8.ToArray(), Retain = true });
        await Eventually.TrueAsync(() => received.Count == 2);
        Assert.Equal([("1", true), ("2", false)], received);
    }

    [Theory]
    [InlineData("@connect5:ann 30 [ \"cmd\" [ 08 \"answers/ann\" ] ]", "answers/ann")]
    [InlineData("@connect5:ann 30 [ \"cmd\" [ 08 \"answers/bob\" ] ]", null)]
    [InlineData("@connect5:ann 30 [ \"cmd\" [ 08 \"$SYS/broker/version\" ] ]", null)]
    [InlineData("@connect5:ann 30 [ \"cmd\" [ ] ]", null)]
    [InlineData("10 [ \"MQTT\" 05 06 003c [ ] \"ann\" [ 08 \"answers/ann\" ] \"cmd\" \"x\" ] e0 01 04", "answers/ann")]
    [InlineData("10 [ \"MQTT\" 05 06 003c [ ] \"ann\" [ 08 \"answers/bob\" ] \"cmd\" \"x\" ] e0 01 04", null)]
    public async Task Handler_is_asked_to_answer_only_where_the_client_may_publish_itself(string packets, string? responseTopic)
    {
        var rules = new AclAuthorizer([new AclRule(AclSubject.Everyone, AclAccess.Write, "cmd"), new AclRule(AclSubject.Everyone, AclAccess.Write, "answers/%c")]);
        await using var broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Authorizer = rules });
        var received = new TaskCompletionSource<ApplicationMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var subscription = await broker.SubscribeAsync("cmd", (message, _) =>
        {
            received.SetResult(message);
            return ValueTask.CompletedTask;
        });
        using var client = await broker.ConnectAsync(packets);
        await client.ExpectAsync("@ok5");
        Assert.Equal(responseTopic, (await received.Task.WaitAsync(TimeSpan.FromSeconds(30))).ResponseTopic);
        Assert.Equal(responseTopic is null && packets.Contains("08 ", StringComparison.Ordinal) ? 1 : 0, broker.Counters.Unauthorized);
    }

    [Fact]
    public async Task Busy_handler_loses_what_its_queue_cannot_hold_and_no_more()
    {
        await using var broker = new MqttBroker(NoListener);
        var gate = new TaskCompletionSource();
        var received = new ConcurrentQueue<string>();
        await using var subscription = await broker.SubscribeAsync(
            "t",
            async (message, token) =>
            {
                received.Enqueue(Encoding.UTF8.GetString(message.Payload.Span));
                await gate.Task.WaitAsync(token);
            },
            capacity: 2);
        await broker.PublishAsync(new ApplicationMessage { Topic = "t", Payload = "0"u8.ToArray() });
        await Eventually.TrueAsync(() => received.Count == 1);
        for (var i = 1; i <= 5; i++)
        {
            await broker.PublishAsync(new ApplicationMessage { Topic = "t", Payload = Encoding.UTF8.GetBytes($"{i}") });
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
        var subscription = await broker.SubscribeAsync("t", (_, _) =>
        {
            Interlocked.Increment(ref calls);
            throw new InvalidOperationException();
        });
        await broker.PublishAsync(new ApplicationMessage { Topic = "t" });
        await broker.PublishAsync(new ApplicationMessage { Topic = "t" });
        await Eventually.TrueAsync(() => calls == 2);
        await subscription.DisposeAsync();
        await subscription.DisposeAsync();
        Assert.Equal(0, await broker.PublishAsync(new ApplicationMessage { Topic = "t" }));
        Assert.Equal(0, broker.Counters.Subscriptions);
    }

    [Fact]
    public async Task Messages_and_filters_that_are_not_valid_are_refused()
    {
        await using var broker = new MqttBroker(NoListener);
        await Assert.ThrowsAsync<MqttException>(() => broker.PublishAsync(new ApplicationMessage { Topic = "a/+" }));
        await Assert.ThrowsAsync<MqttException>(() => broker.PublishAsync(new ApplicationMessage { Topic = "" }));
        await Assert.ThrowsAsync<MqttException>(() => broker.PublishAsync(new ApplicationMessage { Topic = "a\0" }));
        await Assert.ThrowsAsync<ArgumentException>(() => broker.SubscribeAsync("a/#/b", (_, _) => ValueTask.CompletedTask));
        Assert.Equal(0, await broker.PublishAsync(new ApplicationMessage { Topic = "a" }));
    }

    [Fact]
    public async Task A_handler_may_end_its_own_subscription()
    {
        await using var broker = new MqttBroker(NoListener);
        var calls = 0;
        var ended = new TaskCompletionSource();
        IAsyncDisposable? subscription = null;
        subscription = await broker.SubscribeAsync("t", async (_, _) =>
        {
            calls++;
            await subscription!.DisposeAsync();
            ended.SetResult();
        });
        await broker.PublishAsync(new ApplicationMessage { Topic = "t" });
        await broker.PublishAsync(new ApplicationMessage { Topic = "t" });
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await subscription.DisposeAsync();
        Assert.Equal(1, calls);
        Assert.Equal(0, broker.Counters.Subscriptions);
    }

    [Fact]
    public async Task Who_disposes_from_elsewhere_knows_that_the_handler_has_returned()
    {
        await using var broker = new MqttBroker(NoListener);
        var entered = new TaskCompletionSource();
        var hasReturned = false;
        var subscription = await broker.SubscribeAsync("t", async (_, token) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            hasReturned = true;
        });
        await broker.PublishAsync(new ApplicationMessage { Topic = "t" });
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await Task.WhenAll(subscription.DisposeAsync().AsTask(), subscription.DisposeAsync().AsTask());
        Assert.True(hasReturned);
    }

    [Fact]
    public async Task Events_tell_what_clients_do_in_its_order()
    {
        await using var broker = await BrokerFixture.StartAsync();
        var events = new ConcurrentQueue<BrokerEvent>();
        await using var observer = broker.Observe(BrokerEventKinds.All, (happened, _) =>
        {
            events.Enqueue(happened);
            return ValueTask.CompletedTask;
        });
        using var client = await broker.ConnectAsync(
            "@connect5:a 82 [ 0001 [ ] \"t\" 02 ] 30 [ \"t\" [ ] '0' ] 32 [ \"t\" 0002 [ ] '1' ] 34 [ \"t\" 0003 [ ] '2' ] 40 02 0001 50 02 0002 50 02 0002 62 02 0003");
        await Eventually.TrueAsync(() => events.Count == 8);
        await client.SendAsync("a2 [ 0002 [ ] \"t\" ] e0 00");
        await Eventually.TrueAsync(() => events.Count == 10);
        await broker.PublishAsync(new ApplicationMessage { Topic = "u", Payload = "here"u8.ToArray() });
        await Eventually.TrueAsync(() => events.Count == 11);
        Assert.Equal(
            [
                "connected V50", "subscribed t ExactlyOnce", "published a 0", "delivered AtMostOnce 0", "published a 1", "published a 2",
                "delivered AtLeastOnce 1", "delivered ExactlyOnce 2", "unsubscribed t", "disconnected NormalDisconnection", "published  here",
            ],
            events.Select(Describe));

        static string Describe(BrokerEvent happened) => happened switch
        {
            ClientConnected { ClientId: "a" } e => $"connected {e.ProtocolVersion}",
            ClientSubscribed { ClientId: "a" } e => $"subscribed {e.TopicFilter} {e.MaximumQoS}",
            ClientUnsubscribed { ClientId: "a" } e => $"unsubscribed {e.TopicFilter}",
            ClientDisconnected { ClientId: "a" } e => $"disconnected {e.ReasonCode}",
            MessagePublished e => $"published {e.ClientId} {Encoding.UTF8.GetString(e.Message.Payload.Span)}",
            MessageDelivered { ClientId: "a" } e => $"delivered {e.Message.QoS} {Encoding.UTF8.GetString(e.Message.Payload.Span)}",
            _ => happened.ToString(),
        };
    }

    [Fact]
    public async Task Observer_gets_the_kinds_it_asked_for_and_holds_up_nobody()
    {
        await using var broker = new MqttBroker(NoListener);
        var gate = new TaskCompletionSource();
        var seen = new ConcurrentQueue<BrokerEvent>();
        var observer = broker.Observe(
            BrokerEventKinds.MessagePublished,
            async (happened, token) =>
            {
                seen.Enqueue(happened);
                await gate.Task.WaitAsync(token);
                throw new InvalidOperationException("A failure costs its event only.");
            },
            capacity: 2);
        await broker.PublishAsync(new ApplicationMessage { Topic = "t" });
        await Eventually.TrueAsync(() => seen.Count == 1);
        for (var i = 0; i < 5; i++)
        {
            await broker.PublishAsync(new ApplicationMessage { Topic = "t" });
        }

        Assert.Equal(3, broker.Counters.DroppedEvents);
        gate.SetResult();
        await Eventually.TrueAsync(() => seen.Count == 3);
        await observer.DisposeAsync();
        await broker.PublishAsync(new ApplicationMessage { Topic = "t" });
        Assert.Equal(3, seen.Count);
        Assert.Equal(3, broker.Counters.DroppedEvents);
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
