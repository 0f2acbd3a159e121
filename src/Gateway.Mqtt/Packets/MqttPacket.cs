namespace Gateway.Mqtt.Packets;

/// <summary>
/// A control packet of any version. Members that a version lacks are ignored when encoding for it and have their
/// defaults after decoding. Immutable; byte members of a decoded packet are the packet's own copies.
/// </summary>
public abstract record MqttPacket
{
    private protected MqttPacket()
    {
    }

    /// <summary>The type in the fixed header.</summary>
    public abstract PacketType Type { get; }
}
