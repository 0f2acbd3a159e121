namespace Gateway.Mqtt.Packets;

/// <summary>UNSUBSCRIBE. MQTT 5.0 §3.10.</summary>
public sealed record UnsubscribePacket : MqttPacket
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.Unsubscribe;

    /// <summary>Packet Identifier, 1 to 65,535.</summary>
    public required ushort PacketIdentifier { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<string> TopicFilters { get; init; }

    /// <summary>User Properties in order; 5.0.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}
