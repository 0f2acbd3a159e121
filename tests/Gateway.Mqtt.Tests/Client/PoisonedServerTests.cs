using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Client;

/// <summary>One of several servers ends the connection at a message, as mosquitto does before 5.0 at one that is too large.</summary>
public sealed class PoisonedServerTests
{
    private readonly RecordingObserver _observer = new();

    [PeerFact(Peer.Mosquitto)]
    public async Task The_message_is_found_though_another_server_cannot_be_reached()
    {
        await using var away = await MosquittoBroker.StartAsync();
        await away.StopAsync();
        await using var server = await MosquittoBroker.StartAsync("max_packet_size 200");
        await using var client = new MqttClient(
            new MqttClientOptions
            {
                Servers = [away.Uri, server.Uri],
                ProtocolVersion = ProtocolVersion.V311,
                ClientIdentifier = "gateway",
                PoisonAfter = 3,
                MinimumReconnectDelay = TimeSpan.FromMilliseconds(20),
            },
            _observer);
        client.Start();
        var small = PublishAsync(client, 10);
        var large = PublishAsync(client, 1000);
        var behind = PublishAsync(client, 10);
        Task all = Task.WhenAll(small, large, behind);
        await Eventually.TrueAsync(() => all.IsCompleted, () => $"{_observer.Connections.Count} connections, and the culprit is not found.");
        Assert.True((await large).EndsConnections);
        Assert.True((await small).IsAccepted);
        Assert.True((await behind).IsAccepted);

        // Two make it suspicious, three convict it, and each was begun at the first server.
        Assert.Equal(6, _observer.Connections.Count);
        Assert.Equal(ServerStanding.Failed, client.Servers[0].Standing);
    }

    private static Task<PublishResult> PublishAsync(MqttClient client, int length) =>
        client.PublishAsync(new ApplicationMessage { Topic = "t", Payload = new byte[length], QoS = QualityOfService.AtLeastOnce }).AsTask();
}
