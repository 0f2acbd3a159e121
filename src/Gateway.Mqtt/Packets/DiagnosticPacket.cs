namespace Gateway.Mqtt.Packets;

/// <summary>A packet that may explain itself. The encoder leaves both members out where they would exceed the receiver's
/// Maximum Packet Size.</summary>
public abstract record DiagnosticPacket : MqttPacket
{
    private protected DiagnosticPacket()
    {
    }

    /// <summary>Human-readable, for diagnosis only; null: absent. 5.0.</summary>
    public string? ReasonString { get; init; }

    /// <summary>User Properties in order; 5.0.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}
