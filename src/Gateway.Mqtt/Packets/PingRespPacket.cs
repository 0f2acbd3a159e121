namespace Gateway.Mqtt.Packets;

/// <summary>PINGRESP: the answer to PINGREQ. MQTT 5.0 §3.13.</summary>
public sealed record PingRespPacket : MqttPacket
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.PingResp;
}
