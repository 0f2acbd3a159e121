namespace Gateway.Mqtt.Packets;

/// <summary>CONNACK: the server's answer to CONNECT. MQTT 5.0 §3.2.</summary>
public sealed record ConnAckPacket : DiagnosticPacket
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.ConnAck;

    /// <summary>Connect Reason Code; in 3.1 and 3.1.1 one of the six return codes.</summary>
    public required ReasonCode ReasonCode { get; init; }

    /// <summary>Session Present; always false in 3.1.</summary>
    public bool SessionPresent { get; init; }

    /// <summary>Session Expiry Interval that the server uses, seconds; null: the client's. 5.0.</summary>
    public uint? SessionExpiryInterval { get; init; }

    /// <summary>Receive Maximum, 1 to 65,535 (default). 5.0.</summary>
    public ushort ReceiveMaximum { get; init; } = ushort.MaxValue;

    /// <summary>Maximum QoS; default 2. 5.0.</summary>
    public QualityOfService MaximumQoS { get; init; } = QualityOfService.ExactlyOnce;

    /// <summary>Retain Available; default true. 5.0.</summary>
    public bool RetainAvailable { get; init; } = true;

    /// <summary>Maximum Packet Size that the server accepts, bytes, not 0; null: no limit. 5.0.</summary>
    public uint? MaximumPacketSize { get; init; }

    /// <summary>Assigned Client Identifier; null: the client's own stands. 5.0.</summary>
    public string? AssignedClientIdentifier { get; init; }

    /// <summary>Topic Alias Maximum that the server accepts; default 0: none. 5.0.</summary>
    public ushort TopicAliasMaximum { get; init; }

    /// <summary>Wildcard Subscription Available; default true. 5.0.</summary>
    public bool WildcardSubscriptionAvailable { get; init; } = true;

    /// <summary>Subscription Identifiers Available; default true. 5.0.</summary>
    public bool SubscriptionIdentifiersAvailable { get; init; } = true;

    /// <summary>Shared Subscription Available; default true. 5.0.</summary>
    public bool SharedSubscriptionAvailable { get; init; } = true;

    /// <summary>Server Keep Alive, seconds, which replaces the client's; null: the client's stands. 5.0.</summary>
    public ushort? ServerKeepAlive { get; init; }

    /// <summary>Response Information; null: absent. 5.0.</summary>
    public string? ResponseInformation { get; init; }

    /// <summary>Server Reference: where to go instead; null: absent. 5.0 §4.11.</summary>
    public string? ServerReference { get; init; }

    /// <summary>Authentication Method; null: absent. 5.0.</summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>Authentication Data; null: absent. 5.0.</summary>
    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }
}
