namespace Gateway.Mqtt.Packets;

/// <summary>A name and value pair that the standard gives no meaning; names may repeat, order counts. MQTT 5.0 §2.2.2.2.</summary>
/// <param name="Name">At most 65,535 bytes of UTF-8, without U+0000.</param>
/// <param name="Value">At most 65,535 bytes of UTF-8, without U+0000.</param>
public readonly record struct UserProperty(string Name, string Value);
