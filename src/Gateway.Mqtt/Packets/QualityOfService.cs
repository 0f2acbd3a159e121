namespace Gateway.Mqtt.Packets;

/// <summary>The delivery guarantee of an Application Message. MQTT 5.0 §4.3.</summary>
public enum QualityOfService : byte
{
    /// <summary>QoS 0: sent once, not acknowledged.</summary>
    AtMostOnce = 0,

    /// <summary>QoS 1: acknowledged by PUBACK, may arrive more than once.</summary>
    AtLeastOnce = 1,

    /// <summary>QoS 2: acknowledged by PUBREC, PUBREL and PUBCOMP.</summary>
    ExactlyOnce = 2,
}
