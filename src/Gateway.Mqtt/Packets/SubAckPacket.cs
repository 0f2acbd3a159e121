namespace Gateway.Mqtt.Packets;

/// <summary>SUBACK. MQTT 5.0 §3.9.</summary>
public sealed record SubAckPacket : DiagnosticPacket
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.SubAck;

    /// <summary>The Packet Identifier of the SUBSCRIBE.</summary>
    public required ushort PacketIdentifier { get; init; }

    /// <summary>One per Topic Filter, in order: the granted QoS or a failure. Before 5.0 every failure is 0x80 on the wire.</summary>
    public required IReadOnlyList<ReasonCode> ReasonCodes { get; init; }
}
