namespace Gateway.Mqtt.Packets;

/// <summary>The Protocol Level (5.0: Protocol Version) byte of CONNECT. MQTT 5.0 §3.1.2.2.</summary>
public enum ProtocolVersion : byte
{
    /// <summary>MQTT 3.1, protocol name <c>MQIsdp</c>.</summary>
    V31 = 3,

    /// <summary>MQTT 3.1.1.</summary>
    V311 = 4,

    /// <summary>MQTT 5.0.</summary>
    V50 = 5,
}
