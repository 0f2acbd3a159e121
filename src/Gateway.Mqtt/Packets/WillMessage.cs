namespace Gateway.Mqtt.Packets;

/// <summary>What the server publishes when the connection ends without DISCONNECT. MQTT 5.0 §3.1.2.5, §3.1.3.2.</summary>
public sealed record WillMessage
{
    /// <summary>The message; its payload is at most 65,535 bytes.</summary>
    public required ApplicationMessage Message { get; init; }

    /// <summary>Will Delay Interval, seconds; default 0. 5.0.</summary>
    public uint WillDelayInterval { get; init; }
}
