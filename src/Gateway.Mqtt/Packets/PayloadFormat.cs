namespace Gateway.Mqtt.Packets;

/// <summary>Payload Format Indicator. MQTT 5.0 §3.3.2.3.2.</summary>
public enum PayloadFormat : byte
{
    /// <summary>Unspecified bytes; the same as no indicator at all.</summary>
    Unspecified = 0,

    /// <summary>UTF-8 encoded character data.</summary>
    Utf8 = 1,
}
