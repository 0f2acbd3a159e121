namespace Gateway.Mqtt.Packets;

/// <summary>
/// An Application Message: what is published, whatever packet carries it. Immutable as long as the owner of
/// <see cref="Payload"/> and <see cref="CorrelationData"/> leaves those bytes alone.
/// </summary>
public sealed record ApplicationMessage
{
    /// <summary>Topic Name: 1 to 65,535 bytes of UTF-8 without wildcards and U+0000; empty only beside a Topic Alias.</summary>
    public required string Topic { get; init; }

    /// <summary>The payload; may be empty.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Default: at most once.</summary>
    public QualityOfService QoS { get; init; }

    /// <summary>RETAIN flag. MQTT 5.0 §3.3.1.3.</summary>
    public bool Retain { get; init; }

    /// <summary>Payload Format Indicator; 5.0.</summary>
    public PayloadFormat PayloadFormatIndicator { get; init; }

    /// <summary>Message Expiry Interval, seconds; null: never. 5.0 §3.3.2.3.3.</summary>
    public uint? MessageExpiryInterval { get; init; }

    /// <summary>Content Type; null: absent. 5.0.</summary>
    public string? ContentType { get; init; }

    /// <summary>Response Topic, a Topic Name; null: absent. 5.0.</summary>
    public string? ResponseTopic { get; init; }

    /// <summary>Correlation Data, at most 65,535 bytes; null: absent. 5.0.</summary>
    public ReadOnlyMemory<byte>? CorrelationData { get; init; }

    /// <summary>User Properties in order; 5.0.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}
