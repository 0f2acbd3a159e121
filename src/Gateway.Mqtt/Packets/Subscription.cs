namespace Gateway.Mqtt.Packets;

/// <summary>A Topic Filter with its Subscription Options. MQTT 5.0 §3.8.3.1.</summary>
public sealed record Subscription
{
    /// <summary>A Topic Filter, <c>$share/{group}/{filter}</c> for a Shared Subscription.</summary>
    public required string TopicFilter { get; init; }

    /// <summary>The highest QoS at which messages are sent; default 0.</summary>
    public QualityOfService MaximumQoS { get; init; }

    /// <summary>Do not send what this client published itself; default false. 5.0.</summary>
    public bool NoLocal { get; init; }

    /// <summary>Keep the RETAIN flag as published; default false. 5.0.</summary>
    public bool RetainAsPublished { get; init; }

    /// <summary>Default: at every SUBSCRIBE. 5.0.</summary>
    public RetainHandling RetainHandling { get; init; }
}
