using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Routing;

/// <summary>One subscriber's interest in one topic filter, with its Subscription Options. MQTT 5.0 §3.8.3.1.</summary>
internal sealed class RoutedSubscription(Subscriber subscriber, string filter)
{
    public Subscriber Subscriber { get; } = subscriber;

    /// <summary>The filter as the client wrote it, with <c>$share/{group}/</c> if it is shared.</summary>
    public string Filter { get; } = filter;

    public required QualityOfService MaximumQoS { get; set; }

    public bool NoLocal { get; set; }

    public bool RetainAsPublished { get; set; }

    /// <summary>0 = none.</summary>
    public uint SubscriptionIdentifier { get; set; }

    /// <summary>Set by the tree while the subscription is in it.</summary>
    public SubscriptionNode? Node { get; set; }

    /// <summary>Set by the tree for a shared subscription.</summary>
    public SharedGroup? Group { get; set; }

    /// <summary>Where it stands in the list of its node or group; kept by <see cref="SubscriptionList"/>.</summary>
    public int Index { get; set; }
}
