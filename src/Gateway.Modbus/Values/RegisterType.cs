namespace Gateway.Modbus.Values;

/// <summary>The numbers that registers hold.</summary>
public enum RegisterType
{
    /// <summary>One register, 0 to 65535.</summary>
    UInt16,

    /// <summary>One register, two's complement.</summary>
    Int16,

    /// <summary>Two registers.</summary>
    UInt32,

    /// <summary>Two registers, two's complement.</summary>
    Int32,

    /// <summary>Four registers.</summary>
    UInt64,

    /// <summary>Four registers, two's complement.</summary>
    Int64,

    /// <summary>Two registers, IEEE 754 single.</summary>
    Float32,

    /// <summary>Four registers, IEEE 754 double.</summary>
    Float64,

    /// <summary>One register, IEEE 754 half.</summary>
    Float16,

    /// <summary>One register of four decimal digits, four bits each.</summary>
    Bcd16,

    /// <summary>Two registers of eight decimal digits.</summary>
    Bcd32,

    /// <summary>Four registers of sixteen decimal digits.</summary>
    Bcd64,
}

/// <summary>What follows from a register type.</summary>
public static class RegisterTypes
{
    /// <summary>How many registers a value takes: 1, 2 or 4.</summary>
    public static int RegisterCount(this RegisterType type) => type switch
    {
        RegisterType.UInt16 or RegisterType.Int16 or RegisterType.Float16 or RegisterType.Bcd16 => 1,
        RegisterType.UInt32 or RegisterType.Int32 or RegisterType.Float32 or RegisterType.Bcd32 => 2,
        RegisterType.UInt64 or RegisterType.Int64 or RegisterType.Float64 or RegisterType.Bcd64 => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>Whether values are IEEE 754 floats.</summary>
    public static bool IsFloat(this RegisterType type) => type is RegisterType.Float16 or RegisterType.Float32 or RegisterType.Float64;

    /// <summary>Whether values are decimal digits of four bits each.</summary>
    public static bool IsBcd(this RegisterType type) => type is RegisterType.Bcd16 or RegisterType.Bcd32 or RegisterType.Bcd64;

    /// <summary>The smallest value of an integer type.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is a float.</exception>
    public static decimal Minimum(this RegisterType type) => type switch
    {
        RegisterType.Int16 => short.MinValue,
        RegisterType.Int32 => int.MinValue,
        RegisterType.Int64 => long.MinValue,
        RegisterType.UInt16 or RegisterType.UInt32 or RegisterType.UInt64 => 0,
        RegisterType.Bcd16 or RegisterType.Bcd32 or RegisterType.Bcd64 => 0,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The range of floats is not a decimal's."),
    };

    /// <summary>The largest value of an integer type.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is a float.</exception>
    public static decimal Maximum(this RegisterType type) => type switch
    {
        RegisterType.Int16 => short.MaxValue,
        RegisterType.UInt16 => ushort.MaxValue,
        RegisterType.Int32 => int.MaxValue,
        RegisterType.UInt32 => uint.MaxValue,
        RegisterType.Int64 => long.MaxValue,
        RegisterType.UInt64 => ulong.MaxValue,
        RegisterType.Bcd16 => 9999,
        RegisterType.Bcd32 => 99_999_999,
        RegisterType.Bcd64 => 9_999_999_999_999_999,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The range of floats is not a decimal's."),
    };
}
