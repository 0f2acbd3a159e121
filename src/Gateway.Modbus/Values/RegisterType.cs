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
}

/// <summary>What follows from a register type.</summary>
public static class RegisterTypes
{
    /// <summary>How many registers a value takes: 1, 2 or 4.</summary>
    public static int RegisterCount(this RegisterType type) => type switch
    {
        RegisterType.UInt16 or RegisterType.Int16 => 1,
        RegisterType.UInt32 or RegisterType.Int32 or RegisterType.Float32 => 2,
        RegisterType.UInt64 or RegisterType.Int64 or RegisterType.Float64 => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>Whether values are IEEE 754 floats.</summary>
    public static bool IsFloat(this RegisterType type) => type is RegisterType.Float32 or RegisterType.Float64;
}
