using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Bridging;
using Gateway.Runtime.Configuration;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// What the gateway told at the local broker under an earlier configuration, or another name of its site, and tells no more: retained, it would be said for ever. What clients published, and what
/// a bridge brought in, is not its own.
/// </summary>
/// <param name="options">The configuration.</param>
/// <param name="broker">The local broker.</param>
/// <param name="isQueueDepthTold">Whether the gateway tells how much waits.</param>
internal sealed class FormerTopics(GatewayOptions options, MqttBroker broker, bool isQueueDepthTold)
{
    private readonly string _gateway = $"{options.Site}/$gateway/";
    private readonly HashSet<string> _told =
    [
        new StatusTopics(options.Site).GatewayTopic,
        new StatusTopics(options.Site).OfClock(isSynchronised: true).Topic,
        .. options.Uplinks.Select(uplink => new UplinkTopic(options.Site).NameOf(uplink.Name)),
        .. options.Bridge is null ? Array.Empty<string>() : [new BridgeStateTopic(options.Site).Of(isConnected: true).Topic],
        $"{options.Site}/$gateway/queue",
        $"{options.Site}/$gateway/storage",
        .. isQueueDepthTold ? [new QueueTopic(options.Site).DepthTopic] : Array.Empty<string>(),
    ];

    /// <summary>Clears it there.</summary>
    /// <param name="buses">The devices of now.</param>
    /// <returns>The topics.</returns>
    public IReadOnlyList<string> Clear(IReadOnlyList<BusDefinition> buses)
    {
        var own = new OwnTopics(options.Site, options.Publish.AtLocalBroker());
        own.Set(buses);
        var former = broker.FindOwnRetained("#")
            .Where(message => IsOfGateway(message) && !(message.Topic.StartsWith(_gateway, StringComparison.Ordinal) ? _told.Contains(message.Topic) : own.Contains(message.Topic)))
            .Select(message => message.Topic)
            .ToList();
        foreach (var topic in former)
        {
            _ = broker.PublishAsync(new ApplicationMessage { Topic = topic, Retain = true });
        }

        return former;
    }

    /// <summary>The device of a topic of states of this site; null if it is none.</summary>
    public string? DeviceOf(string topic) =>
        topic.Split('/') is [var site, var device, "$status" or "$state"] && site == options.Site ? device : null;

    // By what it looks like: the broker's file may be of an earlier version of this program.
    private static bool IsOfGateway(ApplicationMessage message)
    {
        if (BridgePath.IsOnAny(message))
        {
            return false;
        }

        return message.Topic.Split('/') switch
        {
            [_, "$gateway", _, ..] => true,
            [_, _, "$status"] => message.Payload.Span.SequenceEqual("online"u8) || message.Payload.Span.SequenceEqual("offline"u8),
            [_, _, "$state"] => message.Payload.Span.StartsWith("{\"status\":\""u8),
            _ => ReadingKey.SiteOf(message) is not null,
        };
    }
}
