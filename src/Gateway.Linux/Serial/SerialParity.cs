namespace Gateway.Linux.Serial;

/// <summary>The parity bit of each character.</summary>
public enum SerialParity
{
    /// <summary>No parity bit.</summary>
    None,

    /// <summary>An even number of ones.</summary>
    Even,

    /// <summary>An odd number of ones.</summary>
    Odd,

    /// <summary>Always one.</summary>
    Mark,

    /// <summary>Always zero.</summary>
    Space,
}
