namespace Gateway.Mqtt.Packets;

/// <summary>What PUBACK, PUBREC, PUBREL and PUBCOMP have in common. MQTT 5.0 §3.4 to §3.7.</summary>
public abstract record PublishAcknowledgement : DiagnosticPacket
{
    private protected PublishAcknowledgement()
    {
    }

    /// <summary>The Packet Identifier of the PUBLISH, 1 to 65,535.</summary>
    public required ushort PacketIdentifier { get; init; }

    /// <summary>Default: success; always so before 5.0.</summary>
    public ReasonCode ReasonCode { get; init; }
}
