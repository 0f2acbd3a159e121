namespace Gateway.Mqtt.Packets;

/// <summary>AUTH: a step of an enhanced authentication. MQTT 5.0 §3.15, §4.12.</summary>
public sealed record AuthPacket : DiagnosticPacket
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.Auth;

    /// <summary>Success, continue authentication, or re-authenticate.</summary>
    public required ReasonCode ReasonCode { get; init; }

    /// <summary>Authentication Method; null only in a packet without properties, which means success.</summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>Authentication Data; null: absent.</summary>
    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }
}
