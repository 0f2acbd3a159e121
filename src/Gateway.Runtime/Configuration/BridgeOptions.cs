using Gateway.Mqtt.Packets;

namespace Gateway.Runtime.Configuration;

/// <summary>What passes between the local broker and the upstream one, beside the gateway's own readings. Immutable.</summary>
public sealed record BridgeOptions
{
    /// <summary>The connection to the upstream broker; its QoS does not count here.</summary>
    public required UplinkOptions Connection { get; init; }

    /// <summary>Whether that is the uplink's broker: what the uplink sends and takes there is not the bridge's.</summary>
    public required bool IsUplinkBroker { get; init; }

    /// <summary>The topics, at least one; the first that fits a message counts.</summary>
    public required IReadOnlyList<BridgeTopic> Topics { get; init; }
}

/// <summary>Which topics are passed on, which way, and what they are called on either side. Immutable.</summary>
public sealed record BridgeTopic
{
    /// <summary>A topic filter behind both prefixes; may be empty: then the prefixes are whole topics.</summary>
    public required string Pattern { get; init; }

    /// <summary>Local messages go to the upstream broker.</summary>
    public required bool IsOut { get; init; }

    /// <summary>Messages of the upstream broker come here.</summary>
    public required bool IsIn { get; init; }

    /// <summary>The most that a message keeps of its own QoS. Default 1.</summary>
    public QualityOfService QoS { get; init; } = QualityOfService.AtLeastOnce;

    /// <summary>What comes before the pattern at the local broker; no wildcard. Default: nothing.</summary>
    public string LocalPrefix { get; init; } = "";

    /// <summary>What comes before the pattern at the upstream broker; no wildcard. Default: nothing.</summary>
    public string RemotePrefix { get; init; } = "";

    /// <summary>The topic filter at the local broker.</summary>
    public string LocalFilter => LocalPrefix + Pattern;

    /// <summary>The topic filter at the upstream broker.</summary>
    public string RemoteFilter => RemotePrefix + Pattern;
}
