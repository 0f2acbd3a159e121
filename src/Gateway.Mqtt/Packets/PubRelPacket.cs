namespace Gateway.Mqtt.Packets;

/// <summary>PUBREL: the sender of a QoS 2 message releases its Packet Identifier. MQTT 5.0 §3.6.</summary>
public sealed record PubRelPacket : PublishAcknowledgement
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.PubRel;
}
