namespace Gateway.Mqtt.Packets;

/// <summary>UNSUBACK. MQTT 5.0 §3.11.</summary>
public sealed record UnsubAckPacket : DiagnosticPacket
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.UnsubAck;

    /// <summary>The Packet Identifier of the UNSUBSCRIBE.</summary>
    public required ushort PacketIdentifier { get; init; }

    /// <summary>One per Topic Filter, in order; empty before 5.0, which has no codes here.</summary>
    public IReadOnlyList<ReasonCode> ReasonCodes { get; init; } = [];
}
