namespace Gateway.Mqtt.Packets;

/// <summary>PUBLISH: an Application Message on its way. MQTT 5.0 §3.3.</summary>
public sealed record PublishPacket : MqttPacket
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.Publish;

    /// <summary>Topic, payload, QoS, RETAIN and the properties that travel with the message.</summary>
    public required ApplicationMessage Message { get; init; }

    /// <summary>DUP: this is a re-delivery; always false at QoS 0.</summary>
    public bool Duplicate { get; init; }

    /// <summary>Packet Identifier, 1 to 65,535 at QoS 1 and 2; 0 at QoS 0.</summary>
    public ushort PacketIdentifier { get; init; }

    /// <summary>Topic Alias, 1 to 65,535; null: absent. 5.0 §3.3.2.3.4.</summary>
    public ushort? TopicAlias { get; init; }

    /// <summary>Subscription Identifiers, 1 to 268,435,455, server to client only. 5.0.</summary>
    public IReadOnlyList<uint> SubscriptionIdentifiers { get; init; } = [];
}
