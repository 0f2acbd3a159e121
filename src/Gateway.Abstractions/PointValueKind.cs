namespace Gateway.Abstractions;

/// <summary>What a <see cref="PointValue"/> holds.</summary>
public enum PointValueKind : byte
{
    /// <summary>Nothing: the read failed.</summary>
    None,

    /// <summary>A bit: coil, discrete input, line.</summary>
    Boolean,

    /// <summary>A whole number within Int64.</summary>
    Integer,

    /// <summary>A whole number that needs UInt64.</summary>
    Unsigned,

    /// <summary>An IEEE 754 number of 32 bits; its shortest text is that of 32 bits.</summary>
    Single,

    /// <summary>An IEEE 754 number of 64 bits.</summary>
    Double,

    /// <summary>A decimal number, the outcome of scaling.</summary>
    Decimal,

    /// <summary>A text.</summary>
    Text,

    /// <summary>Several values in order: an array of registers, the texts of flags.</summary>
    List,
}
