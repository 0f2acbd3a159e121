namespace Gateway.Mqtt.Packets;

/// <summary>PUBREC: a QoS 2 message is received or refused. MQTT 5.0 §3.5.</summary>
public sealed record PubRecPacket : PublishAcknowledgement
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.PubRec;
}
