namespace Gateway.Mqtt.Packets;

/// <summary>PINGREQ: asks the server for a sign of life. MQTT 5.0 §3.12.</summary>
public sealed record PingReqPacket : MqttPacket
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.PingReq;
}
