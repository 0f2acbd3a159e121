namespace Gateway.Mqtt.Packets;

/// <summary>MQTT Control Packet type: the upper four bits of a packet's first byte. MQTT 5.0 §2.1.2.</summary>
public enum PacketType : byte
{
    /// <summary>CONNECT, client to server.</summary>
    Connect = 1,

    /// <summary>CONNACK, server to client.</summary>
    ConnAck = 2,

    /// <summary>PUBLISH, both ways.</summary>
    Publish = 3,

    /// <summary>PUBACK, both ways: QoS 1.</summary>
    PubAck = 4,

    /// <summary>PUBREC, both ways: QoS 2, part 1.</summary>
    PubRec = 5,

    /// <summary>PUBREL, both ways: QoS 2, part 2.</summary>
    PubRel = 6,

    /// <summary>PUBCOMP, both ways: QoS 2, part 3.</summary>
    PubComp = 7,

    /// <summary>SUBSCRIBE, client to server.</summary>
    Subscribe = 8,

    /// <summary>SUBACK, server to client.</summary>
    SubAck = 9,

    /// <summary>UNSUBSCRIBE, client to server.</summary>
    Unsubscribe = 10,

    /// <summary>UNSUBACK, server to client.</summary>
    UnsubAck = 11,

    /// <summary>PINGREQ, client to server.</summary>
    PingReq = 12,

    /// <summary>PINGRESP, server to client.</summary>
    PingResp = 13,

    /// <summary>DISCONNECT, client to server; in 5.0 both ways.</summary>
    Disconnect = 14,

    /// <summary>AUTH, both ways, 5.0 only.</summary>
    Auth = 15,
}
