namespace Gateway.Mqtt.Packets;

/// <summary>SUBSCRIBE. MQTT 5.0 §3.8.</summary>
public sealed record SubscribePacket : MqttPacket
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.Subscribe;

    /// <summary>Packet Identifier, 1 to 65,535.</summary>
    public required ushort PacketIdentifier { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<Subscription> Subscriptions { get; init; }

    /// <summary>Subscription Identifier, 1 to 268,435,455; null: none. 5.0.</summary>
    public uint? SubscriptionIdentifier { get; init; }

    /// <summary>User Properties in order; 5.0.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}
