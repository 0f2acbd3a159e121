namespace Gateway.Mqtt.Codec;

/// <summary>What a decoder found.</summary>
public enum DecodeStatus
{
    /// <summary>More bytes are needed; nothing was consumed.</summary>
    Incomplete,

    /// <summary>A packet is there.</summary>
    Complete,

    /// <summary>The bytes cannot become a packet: the connection is to be closed.</summary>
    Malformed,
}
