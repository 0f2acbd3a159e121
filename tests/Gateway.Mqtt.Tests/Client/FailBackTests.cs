using System.Collections.Concurrent;
using System.Text;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Transport;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Client;

/// <summary>A client of several servers goes where one answers, and back to the first that does.</summary>
public sealed class FailBackTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    private readonly RecordingObserver _observer = new();

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData(ProtocolVersion.V50)]
    [InlineData(ProtocolVersion.V311)]
    public async Task Every_message_arrives_at_one_of_them_while_it_goes_over_and_back(ProtocolVersion version)
    {
        await using var first = await MosquittoBroker.StartAsync();
        await using var second = await MosquittoBroker.StartAsync();
        await using var client = new MqttClient(Options(first, second) with { ProtocolVersion = version, Will = Will, FailBack = TimeSpan.FromSeconds(3) }, _observer);
        await using var atSecond = await second.SubscribeAsync("#", 1);
        client.Start();
        await _observer.WaitForConnectionsAsync(1);
        await first.KillAsync();
        using var stop = new CancellationTokenSource();
        var publishing = PublishAsync(client, stop.Token);
        await _observer.WaitForConnectionsAsync(2);
        Assert.Equal(second.Port, _observer.Connections.Last().Server.Port);
        await Eventually.TrueAsync(() => client.Servers is [{ Standing: ServerStanding.Failed, Reason: not null, Since: not null }, { Standing: ServerStanding.Connected }]);

        await first.StartAgainAsync();
        await using var atFirst = await first.SubscribeAsync("#", 1);
        await _observer.WaitForConnectionsAsync(3);
        Assert.Equal(first.Port, _observer.Connections.Last().Server.Port);
        var left = _observer.Disconnections.Last();
        Assert.True(left.IsGoingBack);
        Assert.Contains("goes back", left.Message, StringComparison.Ordinal);
        await stop.CancelAsync();
        var sent = await publishing;
        await Eventually.TrueAsync(() => sent.IsSubsetOf(Payloads(atFirst).Concat(Payloads(atSecond))));

        // In good order: nothing went twice, and the second one knows that the client is gone.
        Assert.Equal(sent.Count, Payloads(atFirst).Concat(Payloads(atSecond)).Count(sent.Contains));
        await Eventually.TrueAsync(() => Payloads(atSecond).Contains("gone"));
        Assert.Equal([ServerStanding.Connected, ServerStanding.Ready], client.Servers.Select(server => server.Standing));
    }

    [PeerFact(Peer.Mosquitto)]
    public async Task A_server_that_is_stopped_though_its_kernel_accepts_is_not_back()
    {
        await using var first = await MosquittoBroker.StartAsync();
        await using var second = await MosquittoBroker.StartAsync();
        await MqttProbe.ProbeAsync(first.Uri, new MqttTlsOptions(), CancellationToken.None);
        await first.SuspendAsync();
        await using var client = new MqttClient(Options(first, second) with { ConnectTimeout = TimeSpan.FromSeconds(1) }, _observer);
        client.Start();
        await _observer.WaitForConnectionsAsync(1);
        Assert.Equal(second.Port, _observer.Connections.Last().Server.Port);
        await Eventually.TrueAsync(() => client.Servers[0] is { Standing: ServerStanding.Failed, Reason: { } reason } && reason.Contains("no answer within 1 s", StringComparison.Ordinal));
        await first.ResumeAsync();
        await _observer.WaitForConnectionsAsync(2);
        Assert.Equal(first.Port, _observer.Connections.Last().Server.Port);
    }

    [PeerFact(Peer.Mosquitto)]
    public async Task A_server_that_failed_is_tried_after_the_others_for_a_while()
    {
        await using var first = await MosquittoBroker.StartAsync();
        await using var second = await MosquittoBroker.StartAsync();
        await first.StopAsync();
        await using var client = new MqttClient(Options(first, second) with { FailBack = null }, _observer);
        client.Start();
        await _observer.WaitForConnectionsAsync(1);
        await first.StartAgainAsync();

        // The second ends a connection soon, too: it is in the same case then, and the order of the list counts.
        await second.KillAsync();
        await second.StartAgainAsync();
        await _observer.WaitForConnectionsAsync(2);
        Assert.Equal(first.Port, _observer.Connections.Last().Server.Port);
    }

    private static WillMessage Will => new() { Message = new ApplicationMessage { Topic = "status", Payload = "gone"u8.ToArray() } };

    private static MqttClientOptions Options(params MosquittoBroker[] brokers) => new()
    {
        Servers = [.. brokers.Select(broker => broker.Uri)],
        ClientIdentifier = "gateway",
        FailBack = Quiet,
        MinimumReconnectDelay = TimeSpan.FromMilliseconds(20),
    };

    private static IEnumerable<string> Payloads(MosquittoSubscriber subscriber) => subscriber.Payloads;

    private static async Task<HashSet<string>> PublishAsync(MqttClient client, CancellationToken stop)
    {
        var sent = new ConcurrentBag<string>();
        List<Task> publishing = [];
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            var payload = $"n{number}";
            sent.Add(payload);
            publishing.Add(client.PublishAsync(new ApplicationMessage { Topic = "t", Payload = Encoding.ASCII.GetBytes(payload), QoS = QualityOfService.AtLeastOnce }, CancellationToken.None).AsTask());
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None);
        }

        await Task.WhenAll(publishing);
        return [.. sent];
    }
}
