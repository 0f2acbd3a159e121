namespace Gateway.Mqtt.Packets;

/// <summary>PUBACK: a QoS 1 message is accepted or refused. MQTT 5.0 §3.4.</summary>
public sealed record PubAckPacket : PublishAcknowledgement
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.PubAck;
}
