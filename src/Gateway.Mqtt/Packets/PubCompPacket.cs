namespace Gateway.Mqtt.Packets;

/// <summary>PUBCOMP: a QoS 2 delivery is complete. MQTT 5.0 §3.7.</summary>
public sealed record PubCompPacket : PublishAcknowledgement
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.PubComp;
}
