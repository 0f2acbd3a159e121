using System.Collections.Concurrent;
using System.Text;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Client;

/// <summary>The client against mosquitto 2.0, in every version that both speak.</summary>
public sealed class MosquittoTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static TheoryData<ProtocolVersion, QualityOfService> Matrix =>
        Combine(Enum.GetValues<ProtocolVersion>(), Enum.GetValues<QualityOfService>());

    public static TheoryData<ProtocolVersion, QualityOfService> Pipelines => Combine(
        [ProtocolVersion.V311, ProtocolVersion.V50], [QualityOfService.AtLeastOnce, QualityOfService.ExactlyOnce]);

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [MemberData(nameof(Matrix))]
    [Trait("Spec311", "MQTT-7.0.0-2")]
    public async Task Publishes_to_mosquitto_sub(ProtocolVersion version, QualityOfService qos)
    {
        await using var broker = await MosquittoBroker.StartAsync();
        await using var subscriber = await broker.SubscribeAsync("t/#", 2);
        await using var client = new MqttClient(Options(broker, version));
        var connected = await client.ConnectAsync();
        Assert.Equal(ReasonCode.Success, connected.ReasonCode);
        for (var i = 0; i < 10; i++)
        {
            var result = await client.PublishAsync(Message("t/1", $"m{i}", qos)).AsTask().WaitAsync(Deadline);
            Assert.True(result.IsAccepted);
        }

        await subscriber.WaitForAsync(10);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"t/1 0 {(int)qos} m{i}"), subscriber.Messages);
        await client.DisconnectAsync();
        Assert.Equal(MqttClientState.Disconnected, client.State);
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [MemberData(nameof(Matrix))]
    [Trait("Spec311", "MQTT-7.0.0-2")]
    public async Task Receives_from_mosquitto_pub(ProtocolVersion version, QualityOfService qos)
    {
        await using var broker = await MosquittoBroker.StartAsync();
        var observer = new RecordingObserver();
        await using var client = new MqttClient(Options(broker, version), observer);
        client.Start();
        Assert.Equal((ReasonCode)qos, await client.SubscribeAsync("a/+", qos).WaitAsync(Deadline));
        await broker.PublishAsync("a/b", "hello", "-q", "2");
        await observer.WaitForMessagesAsync(1);
        var message = observer.Messages.Single().Message;
        Assert.Equal(("a/b", qos, false), (message.Topic, message.QoS, message.Retain));
        Assert.Equal("hello", observer.Payloads.Single());

        var codes = await client.UnsubscribeAsync(["a/+", "not/there"]).WaitAsync(Deadline);
        Assert.Equal(version == ProtocolVersion.V50 ? [ReasonCode.Success, ReasonCode.NoSubscriptionExisted] : [], codes);
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V50)]
    public async Task Retained_messages_and_large_payloads_go_both_ways(ProtocolVersion version)
    {
        await using var broker = await MosquittoBroker.StartAsync();
        var observer = new RecordingObserver();
        await using var client = new MqttClient(Options(broker, version), observer);
        client.Start();
        var payload = new byte[3_000_000];
        new Random(1).NextBytes(payload);
        var message = new ApplicationMessage { Topic = "big", Payload = payload, QoS = QualityOfService.AtLeastOnce, Retain = true };
        Assert.True((await client.PublishAsync(message).AsTask().WaitAsync(Deadline)).IsAccepted);
        await client.SubscribeAsync("big").WaitAsync(Deadline);
        await observer.WaitForMessagesAsync(1);
        Assert.True(observer.Messages.Single().Message.Retain);
        Assert.True(observer.Messages.Single().Message.Payload.Span.SequenceEqual(payload));
    }

    [PeerFact(Peer.Mosquitto)]
    public async Task All_properties_of_a_message_arrive()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        var observer = new RecordingObserver();
        await using var client = new MqttClient(Options(broker, ProtocolVersion.V50) with { TopicAliasMaximum = 4 }, observer);
        client.Start();
        await client.SubscribeAsync([new Subscription { TopicFilter = "p", MaximumQoS = QualityOfService.AtLeastOnce }], 300).WaitAsync(Deadline);
        var message = Message("p", "x", QualityOfService.AtLeastOnce) with
        {
            PayloadFormatIndicator = PayloadFormat.Utf8,
            MessageExpiryInterval = 100,
            ContentType = "text/plain",
            ResponseTopic = "r",
            CorrelationData = new byte[] { 1, 2 },
            UserProperties = [new("b", "1"), new("a", "2"), new("b", "3")],
        };
        await client.PublishAsync(message).AsTask().WaitAsync(Deadline);
        await observer.WaitForMessagesAsync(1);
        var received = observer.Messages.Single();
        Assert.Equal([300u], received.Packet.SubscriptionIdentifiers);
        Assert.Equal(message.UserProperties, received.Message.UserProperties);
        Assert.Equal(("text/plain", "r", PayloadFormat.Utf8), (received.Message.ContentType, received.Message.ResponseTopic, received.Message.PayloadFormatIndicator));
        Assert.Equal([1, 2], received.Message.CorrelationData!.Value.ToArray());
        Assert.InRange(received.Message.MessageExpiryInterval!.Value, 1u, 100u);
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V50)]
    public async Task The_will_is_published_when_asked_for_or_when_the_connection_breaks(ProtocolVersion version)
    {
        await using var broker = await MosquittoBroker.StartAsync();
        await using var subscriber = await broker.SubscribeAsync("w/#", 1);
        var options = Options(broker, version) with { Will = new WillMessage { Message = Message("w/1", "gone", QualityOfService.AtLeastOnce) } };
        await using (var client = new MqttClient(options))
        {
            await client.ConnectAsync();
            await client.DisconnectAsync();
            await client.ConnectAsync();
            if (version == ProtocolVersion.V50)
            {
                await client.DisconnectAsync(ReasonCode.DisconnectWithWillMessage);
                await subscriber.WaitForAsync(1);
            }

            // Another connection with the same identifier makes the server drop the first.
            await using var second = new MqttClient(Options(broker, version) with { ClientIdentifier = options.ClientIdentifier });
            if (version != ProtocolVersion.V50)
            {
                await second.ConnectAsync();
                await subscriber.WaitForAsync(1);
            }
        }

        Assert.Equal(["w/1 0 1 gone"], subscriber.Messages);
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V50)]
    public async Task A_session_is_resumed_after_the_server_was_restarted(ProtocolVersion version)
    {
        await using var broker = await MosquittoBroker.StartAsync();
        var observer = new RecordingObserver();

        // mosquitto 2.0.11 writes no session to disk that began with Clean Start.
        await using var client = new MqttClient(Options(broker, version) with { SessionExpiryInterval = 600, CleanStart = false }, observer);
        client.Start();
        await client.SubscribeAsync("s/#").WaitAsync(Deadline);
        await broker.StopAsync();
        await Eventually.TrueAsync(() => client.State != MqttClientState.Connected);

        // Taken without a connection: it waits.
        var publish = client.PublishAsync(Message("s/1", "waited", QualityOfService.ExactlyOnce)).AsTask();
        await broker.StartAgainAsync();
        Assert.True((await publish.WaitAsync(Deadline)).IsAccepted);
        await observer.WaitForMessagesAsync(1);
        Assert.Equal(["waited"], observer.Payloads);
        Assert.Equal(2, client.Epoch);
        Assert.Equal([false, true], observer.Connections.Select(c => c.SessionPresent));
        Assert.Single(observer.Disconnections);
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData(ProtocolVersion.V31)]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V50)]
    public async Task It_subscribes_again_where_the_server_has_lost_the_session(ProtocolVersion version)
    {
        await using var broker = await MosquittoBroker.StartAsync("persistence false");
        var observer = new RecordingObserver();
        await using var client = new MqttClient(Options(broker, version), observer);
        client.Start();
        await client.SubscribeAsync("s/#").WaitAsync(Deadline);
        await broker.KillAsync();
        await broker.StartAgainAsync();
        await observer.WaitForConnectionsAsync(2);
        await client.PublishAsync(Message("s/1", "again", QualityOfService.AtLeastOnce)).AsTask().WaitAsync(Deadline);
        await observer.WaitForMessagesAsync(1);
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [MemberData(nameof(Pipelines))]
    public async Task Ten_thousand_messages_in_a_pipeline_keep_their_order(ProtocolVersion version, QualityOfService qos)
    {
        const int Count = 10_000;
        await using var broker = await MosquittoBroker.StartAsync();
        await using var subscriber = await broker.SubscribeAsync("p", 2);

        // mosquitto 2.0.11 acknowledges and then drops what a 3.1.1 client sends at QoS 2 beyond its own window of 20.
        var window = qos == QualityOfService.ExactlyOnce ? 20 : 200;
        await using var client = new MqttClient(Options(broker, version) with { MaximumInFlight = window });
        await client.ConnectAsync();
        var completions = new Completions();
        for (var i = 0; i < Count; i++)
        {
            var message = Message("p", $"{i}", qos);
            while (client.TryPublish(message, completions, i) == PublishAdmission.Full)
            {
                await Task.Yield();
            }
        }

        await Eventually.TrueAsync(() => completions.Tokens.Count == Count);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (long)i), completions.Tokens);
        Assert.All(completions.Results, r => Assert.True(r.IsAccepted));
        await subscriber.WaitForAsync(Count);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"{i}"), subscriber.Payloads);
        Assert.Equal(0, client.Outstanding);
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData(ProtocolVersion.V311, QualityOfService.AtLeastOnce)]
    [InlineData(ProtocolVersion.V50, QualityOfService.AtLeastOnce)]
    public async Task Nothing_is_lost_while_the_server_is_killed_again_and_again(ProtocolVersion version, QualityOfService qos)
    {
        const int Count = 3_000;
        await using var broker = await MosquittoBroker.StartAsync();
        var observer = new RecordingObserver();
        var options = Options(broker, version) with { SessionExpiryInterval = 600, MaximumReconnectDelay = TimeSpan.FromSeconds(1) };
        await using var client = new MqttClient(options, observer);
        client.Start();
        await client.WaitForConnectionAsync().WaitAsync(Deadline);
        var completions = new Completions();
        for (var i = 0; i < Count; i++)
        {
            if (i % 1_000 == 500)
            {
                await broker.KillAsync();
                await broker.StartAgainAsync();
            }

            var message = Message("k", $"{i}", qos);
            while (client.TryPublish(message, completions, i) != PublishAdmission.Accepted)
            {
                await client.WaitForConnectionAsync().WaitAsync(Deadline);
                await Task.Yield();
            }
        }

        await Eventually.TrueAsync(() => completions.Tokens.Count == Count);
        Assert.Equal(4, client.Epoch);
        Assert.Equal(completions.Tokens.Order(), completions.Tokens);
        Assert.All(completions.Results, r => Assert.True(r.IsAccepted));
    }

    [PeerFact(Peer.Mosquitto)]
    public async Task A_refusal_is_a_value()
    {
        await using var broker = await MosquittoBroker.StartAsync("allow_anonymous false");
        await using var client = new MqttClient(Options(broker, ProtocolVersion.V50));
        var result = await client.ConnectAsync();
        Assert.Equal(ReasonCode.NotAuthorized, result.ReasonCode);
        Assert.False(result.IsAccepted);
        Assert.Equal(MqttClientState.Disconnected, client.State);
    }

    [PeerFact(Peer.Mosquitto)]
    public async Task The_next_server_is_tried_where_one_does_not_answer()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        await using var client = new MqttClient(Options(broker, ProtocolVersion.V50) with { Servers = [new("mqtt://127.0.0.1:1"), new($"mqtt://localhost:{broker.Port}")] });
        var result = await client.ConnectAsync();
        Assert.Equal(broker.Port, result.Server.Port);
    }

    [PeerFact(Peer.Mosquitto)]
    [Trait("Spec", "MQTT-6.0.0-1")]
    [Trait("Spec", "MQTT-6.0.0-2")]
    [Trait("Spec", "MQTT-6.0.0-3")]
    [Trait("Spec311", "MQTT-6.0.0-3")]
    public async Task It_speaks_through_websockets_whose_frames_cut_packets_anywhere()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        await using var bridge = await WebSocketBridge.StartAsync(broker.Port, "mqtt");
        var observer = new RecordingObserver();
        await using var client = new MqttClient(Options(broker, ProtocolVersion.V50) with { Servers = [bridge.Uri] }, observer);
        client.Start();
        await client.SubscribeAsync("ws").WaitAsync(Deadline);
        await client.PublishAsync(Message("ws", new string('x', 100_000), QualityOfService.AtLeastOnce)).AsTask().WaitAsync(Deadline);
        await observer.WaitForMessagesAsync(1);
        Assert.Equal(100_000, observer.Payloads.Single().Length);
    }

    [PeerFact(Peer.Mosquitto)]
    [Trait("Spec", "MQTT-6.0.0-4")]
    public async Task A_websocket_without_the_subprotocol_is_no_mqtt_server()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        await using var bridge = await WebSocketBridge.StartAsync(broker.Port, null);
        await using var client = new MqttClient(Options(broker, ProtocolVersion.V50) with { Servers = [bridge.Uri] });
        var exception = await Assert.ThrowsAsync<MqttException>(() => client.ConnectAsync());
        Assert.Contains("subprotocol", exception.Message, StringComparison.Ordinal);
    }

    private static TheoryData<ProtocolVersion, QualityOfService> Combine(ProtocolVersion[] versions, QualityOfService[] levels)
    {
        var data = new TheoryData<ProtocolVersion, QualityOfService>();
        foreach (var version in versions)
        {
            foreach (var qos in levels)
            {
                data.Add(version, qos);
            }
        }

        return data;
    }

    private static MqttClientOptions Options(MosquittoBroker broker, ProtocolVersion version) => new()
    {
        Servers = [broker.Uri],
        ProtocolVersion = version,
        ClientIdentifier = "tests",
        MinimumReconnectDelay = TimeSpan.FromMilliseconds(50),
    };

    private static ApplicationMessage Message(string topic, string payload, QualityOfService qos) =>
        new() { Topic = topic, Payload = Encoding.UTF8.GetBytes(payload), QoS = qos };

    private sealed class Completions : IPublishCompletion
    {
        public ConcurrentQueue<long> Tokens { get; } = new();

        public ConcurrentQueue<PublishResult> Results { get; } = new();

        public void Completed(long token, PublishResult result)
        {
            Results.Enqueue(result);
            Tokens.Enqueue(token);
        }
    }
}
