namespace Gateway.Mqtt.Packets;

/// <summary>CONNECT: a client asks for a connection. MQTT 5.0 §3.1.</summary>
public sealed record ConnectPacket : MqttPacket
{
    /// <inheritdoc/>
    public override PacketType Type => PacketType.Connect;

    /// <summary>The version that the rest of the connection speaks.</summary>
    public required ProtocolVersion ProtocolVersion { get; init; }

    /// <summary>
    /// The client is another broker's bridge; default false. 3.1 and 3.1.1 only, and no part of them: mosquitto's bridges set
    /// the highest bit of the Protocol Level, and a server that knows it does not send back what they published, and
    /// keeps the RETAIN flag of what it sends them.
    /// </summary>
    public bool IsBridge { get; init; }

    /// <summary>Client Identifier; empty asks the server for one.</summary>
    public string ClientIdentifier { get; init; } = "";

    /// <summary>Clean Start; in 3.1 and 3.1.1 Clean Session.</summary>
    public bool CleanStart { get; init; }

    /// <summary>Keep Alive, seconds; 0 disables. MQTT 5.0 §3.1.2.10.</summary>
    public ushort KeepAlive { get; init; }

    /// <summary>Will Message; null: none.</summary>
    public WillMessage? Will { get; init; }

    /// <summary>User Name; null: absent.</summary>
    public string? UserName { get; init; }

    /// <summary>Password, at most 65,535 bytes; null: absent. Before 5.0 only beside a User Name.</summary>
    public ReadOnlyMemory<byte>? Password { get; init; }

    /// <summary>Session Expiry Interval, seconds; 0: ends with the connection; 0xFFFFFFFF: never. 5.0 §3.1.2.11.2.</summary>
    public uint SessionExpiryInterval { get; init; }

    /// <summary>Receive Maximum, 1 to 65,535 (default). 5.0 §3.1.2.11.3.</summary>
    public ushort ReceiveMaximum { get; init; } = ushort.MaxValue;

    /// <summary>Maximum Packet Size that the client accepts, bytes, not 0; null: no limit. 5.0 §3.1.2.11.4.</summary>
    public uint? MaximumPacketSize { get; init; }

    /// <summary>Topic Alias Maximum that the client accepts; default 0: none. 5.0 §3.1.2.11.5.</summary>
    public ushort TopicAliasMaximum { get; init; }

    /// <summary>Request Response Information; default false. 5.0 §3.1.2.11.6.</summary>
    public bool RequestResponseInformation { get; init; }

    /// <summary>Request Problem Information; default true. 5.0 §3.1.2.11.7.</summary>
    public bool RequestProblemInformation { get; init; } = true;

    /// <summary>Authentication Method; null: no enhanced authentication. 5.0 §4.12.</summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>Authentication Data; only beside a method. 5.0 §4.12.</summary>
    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }

    /// <summary>User Properties in order; 5.0.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}
