using System.Collections.Concurrent;
using System.Text;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Tests.Client;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Servers;

/// <summary>What the client does with any server, in MQTT 3.1.1. Each uses topics and identifiers of its own, so that they share one.</summary>
internal static class ServerConversations
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static async Task Messages_arrive_in_order(IMqttServer server, QualityOfService qos, QualityOfService highest)
    {
        const int Count = 100;
        var topic = $"order/{qos}";
        var observer = new RecordingObserver();
        await using var subscriber = new MqttClient(Options(server, $"sub{qos}"), observer);
        subscriber.Start();
        Assert.Equal((ReasonCode)highest, await subscriber.SubscribeAsync(topic, QualityOfService.ExactlyOnce).WaitAsync(Deadline));
        await using var publisher = new MqttClient(Options(server, $"pub{qos}"));
        publisher.Start();
        for (var i = 0; i < Count; i++)
        {
            Assert.True((await publisher.PublishAsync(Message(topic, $"{i}", qos)).AsTask().WaitAsync(Deadline)).IsAccepted);
        }

        await observer.WaitForMessagesAsync(Count);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"{i}"), observer.Payloads);
        Assert.All(observer.Messages, message => Assert.Equal(qos < highest ? qos : highest, message.Message.QoS));
    }

    public static async Task A_pipeline_is_acknowledged_in_order(IMqttServer server)
    {
        const int Count = 2_000;
        await using var client = new MqttClient(Options(server, "pipeline") with { MaximumInFlight = 200 });
        client.Start();
        await client.WaitForConnectionAsync().WaitAsync(Deadline);
        var ended = new ConcurrentQueue<long>();
        var completion = new Completion((token, result) =>
        {
            Assert.True(result.IsAccepted);
            ended.Enqueue(token);
        });
        for (var i = 0; i < Count; i++)
        {
            while (client.TryPublish(Message("pipeline", $"{i}", QualityOfService.AtLeastOnce), completion, i) == PublishAdmission.Full)
            {
                await Task.Yield();
            }
        }

        await Eventually.TrueAsync(() => ended.Count == Count, () => $"{ended.Count} of {Count} were acknowledged.");
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (long)i), ended);
    }

    public static async Task A_retained_message_waits_for_those_who_come_later_until_it_is_cleared(IMqttServer server)
    {
        await using var publisher = new MqttClient(Options(server, "keeper"));
        publisher.Start();
        await publisher.PublishAsync(Message("kept", "last", QualityOfService.AtLeastOnce) with { Retain = true }).AsTask().WaitAsync(Deadline);

        // RabbitMQ keeps a retained message some time after it has acknowledged it.
        await Eventually.TrueAsync(async () => await ReadRetainedAsync(server) == "last");
        await publisher.PublishAsync(Message("kept", "", QualityOfService.AtLeastOnce) with { Retain = true }).AsTask().WaitAsync(Deadline);
        await Eventually.TrueAsync(async () => await ReadRetainedAsync(server) is null);
    }

    public static async Task The_will_of_a_client_that_vanished_is_published(IMqttServer server)
    {
        var observer = new RecordingObserver();
        await using var subscriber = new MqttClient(Options(server, "mourner"), observer);
        subscriber.Start();
        await subscriber.SubscribeAsync("will").WaitAsync(Deadline);
        await using var relay = TcpRelay.Start(server.Uri.Port);
        var options = Options(server, "mortal") with
        {
            Servers = [relay.Uri],
            Will = new WillMessage { Message = Message("will", "gone", QualityOfService.AtLeastOnce) },
        };
        await using var client = new MqttClient(options);
        await client.ConnectAsync().WaitAsync(Deadline);
        await relay.CutAsync();
        await observer.WaitForMessagesAsync(1);
        Assert.Equal(["gone"], observer.Payloads);
    }

    public static async Task A_session_keeps_messages_while_the_client_is_away(IMqttServer server)
    {
        var observer = new RecordingObserver();
        var options = Options(server, "traveller") with { SessionExpiryInterval = 600 };
        await using var client = new MqttClient(options, observer);
        Assert.False((await client.ConnectAsync().WaitAsync(Deadline)).SessionPresent);
        await client.SubscribeAsync("mail").WaitAsync(Deadline);
        await client.DisconnectAsync();
        await using (var publisher = new MqttClient(Options(server, "postman")))
        {
            publisher.Start();
            for (var i = 0; i < 10; i++)
            {
                await publisher.PublishAsync(Message("mail", $"{i}", QualityOfService.AtLeastOnce)).AsTask().WaitAsync(Deadline);
            }
        }

        Assert.True((await client.ConnectAsync().WaitAsync(Deadline)).SessionPresent);
        await observer.WaitForMessagesAsync(10);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), observer.Payloads);
    }

    public static async Task A_payload_of_many_segments_arrives_whole(IMqttServer server)
    {
        var payload = new byte[500_000];
        new Random(1).NextBytes(payload);
        var observer = new RecordingObserver();
        await using var client = new MqttClient(Options(server, "large"), observer);
        client.Start();
        await client.SubscribeAsync("large").WaitAsync(Deadline);
        await client.PublishAsync(new ApplicationMessage { Topic = "large", Payload = payload, QoS = QualityOfService.AtLeastOnce }).AsTask().WaitAsync(Deadline);
        await observer.WaitForMessagesAsync(1);
        Assert.True(observer.Messages.Single().Message.Payload.Span.SequenceEqual(payload));
    }

    private static async Task<string?> ReadRetainedAsync(IMqttServer server)
    {
        var observer = new RecordingObserver();
        await using var subscriber = new MqttClient(Options(server, "reader"), observer);
        await subscriber.ConnectAsync().WaitAsync(Deadline);
        await subscriber.SubscribeAsync("kept").WaitAsync(Deadline);

        // What comes back after it shows that nothing retained came before.
        await subscriber.PublishAsync(Message("kept", "end", QualityOfService.AtLeastOnce)).AsTask().WaitAsync(Deadline);
        await Eventually.TrueAsync(() => observer.Payloads.Contains("end"));
        var first = observer.Messages.First().Message;
        return first.Retain ? Encoding.UTF8.GetString(first.Payload.Span) : null;
    }

    private static MqttClientOptions Options(IMqttServer server, string clientIdentifier) => new()
    {
        Servers = [server.Uri],
        ProtocolVersion = ProtocolVersion.V311,
        ClientIdentifier = clientIdentifier,
        ConnectTimeout = Deadline,
        MinimumReconnectDelay = TimeSpan.FromMilliseconds(50),
    };

    private static ApplicationMessage Message(string topic, string payload, QualityOfService qos) =>
        new() { Topic = topic, Payload = Encoding.UTF8.GetBytes(payload), QoS = qos };

    private sealed class Completion(Action<long, PublishResult> completed) : IPublishCompletion
    {
        public void Completed(long token, PublishResult result) => completed(token, result);
    }
}
