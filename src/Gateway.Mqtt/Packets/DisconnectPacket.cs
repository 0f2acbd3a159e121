namespace Gateway.Mqtt.Packets;

/// <summary>DISCONNECT: the last packet of a connection; from a server in 5.0 only. MQTT 5.0 §3.14.</summary>
public sealed record DisconnectPacket : DiagnosticPacket
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.Disconnect;

    /// <summary>Default: normal disconnection; always so before 5.0.</summary>
    public ReasonCode ReasonCode { get; init; }

    /// <summary>A new Session Expiry Interval, seconds, client to server only; null: unchanged. 5.0.</summary>
    public uint? SessionExpiryInterval { get; init; }

    /// <summary>Server Reference; null: absent. 5.0.</summary>
    public string? ServerReference { get; init; }
}
