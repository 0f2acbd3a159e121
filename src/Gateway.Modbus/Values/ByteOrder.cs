namespace Gateway.Modbus.Values;

/// <summary>
/// How a value's bytes lie in its registers, named by where the bytes of a 32-bit value, A the most significant, are
/// found. Values of 64 bits follow the same two rules: order of the registers, order within each.
/// </summary>
public enum ByteOrder
{
    /// <summary>Most significant register first, most significant byte first; 64 bits: ABCDEFGH.</summary>
    ABCD,

    /// <summary>Least significant register first, most significant byte first; 64 bits: GHEFCDAB.</summary>
    CDAB,

    /// <summary>Most significant register first, least significant byte first; 64 bits: BADCFEHG.</summary>
    BADC,

    /// <summary>Least significant register first, least significant byte first; 64 bits: HGFEDCBA.</summary>
    DCBA,
}
