using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <summary>What CONNACK forbids the client to send. MQTT 5.0 §3.2.2.3.</summary>
internal readonly record struct ServerLimits(uint MaximumPacketSize, QualityOfService MaximumQoS, bool RetainAvailable, ushort TopicAliasMaximum)
{
    /// <summary>The limits of a CONNACK; null: none.</summary>
    public static ServerLimits Of(ConnAckPacket? packet) => packet is null
        ? new(uint.MaxValue, QualityOfService.ExactlyOnce, RetainAvailable: true, TopicAliasMaximum: 0)
        : new(packet.MaximumPacketSize ?? uint.MaxValue, packet.MaximumQoS, packet.RetainAvailable, packet.TopicAliasMaximum);

    /// <summary>Why a message may not be sent; null: it may.</summary>
    public ReasonCode? Refusal(ApplicationMessage message) =>
        message.QoS > MaximumQoS ? ReasonCode.QoSNotSupported
        : message.Retain && !RetainAvailable ? ReasonCode.RetainNotSupported
        : null;
}
