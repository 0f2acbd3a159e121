namespace Gateway.Abstractions;

/// <summary>How far a reading may be trusted. Published as its lower-case name.</summary>
public enum Quality : byte
{
    /// <summary>Read without a fault.</summary>
    Good,

    /// <summary>Read, but the device itself doubts it, or it was restored and not yet read again.</summary>
    Uncertain,

    /// <summary>Not read; there is a reason instead of a value.</summary>
    Bad,

    /// <summary>Was good once, and is older than it should be.</summary>
    Stale,
}
