using System.Globalization;

namespace Gateway.Modbus.Values;

/// <summary>A number read from registers, exactly as it was there. Which accessor is exact follows from the type.</summary>
public readonly record struct RegisterValue
{
    private readonly ulong _bits;

    internal RegisterValue(RegisterType type, ulong bits)
    {
        Type = type;
        _bits = bits;
    }

    /// <summary>How the registers were read.</summary>
    public RegisterType Type { get; }

    /// <summary>Whether the registers hold what their type can be: false for decimal digits above 9.</summary>
    public bool IsValid => !Type.IsBcd() || ((_bits & 0x8888_8888_8888_8888) >> 1 & (_bits | _bits << 1) & 0x4444_4444_4444_4444) == 0;

    /// <summary>A signed value; also exact for decimal digits and unsigned ones of up to 32 bits.</summary>
    public long Int64 => Type switch
    {
        RegisterType.Bcd16 or RegisterType.Bcd32 or RegisterType.Bcd64 => FromBcd(),
        RegisterType.Float16 => (long)Single,
        RegisterType.Int16 => (short)_bits,
        RegisterType.Int32 => (int)_bits,
        RegisterType.Float32 => (long)Single,
        RegisterType.Float64 => (long)Double,
        _ => (long)_bits,
    };

    /// <summary>An unsigned value.</summary>
    public ulong UInt64 => Type switch
    {
        RegisterType.UInt16 or RegisterType.UInt32 or RegisterType.UInt64 => _bits,
        RegisterType.Float64 => (ulong)Double,
        RegisterType.Float16 or RegisterType.Float32 => (ulong)Single,
        _ => (ulong)Int64,
    };

    /// <summary>A float of 32 bits; NaN and infinities as they come. Nearest value for the other types.</summary>
    public float Single => Type switch
    {
        RegisterType.Float16 => (float)BitConverter.UInt16BitsToHalf((ushort)_bits),
        RegisterType.Float32 => BitConverter.UInt32BitsToSingle((uint)_bits),
        _ => (float)Double,
    };

    /// <summary>A float of 64 bits; exact for all types but integers beyond 2^53.</summary>
    public double Double => Type switch
    {
        RegisterType.Float16 or RegisterType.Float32 => Single,
        RegisterType.Float64 => BitConverter.UInt64BitsToDouble(_bits),
        RegisterType.UInt16 or RegisterType.UInt32 or RegisterType.UInt64 => _bits,
        _ => Int64,
    };

    /// <summary>The shortest text that reads back as the same value.</summary>
    public override string ToString() => Type switch
    {
        RegisterType.Float16 => BitConverter.UInt16BitsToHalf((ushort)_bits).ToString(CultureInfo.InvariantCulture),
        RegisterType.Float32 => Single.ToString(CultureInfo.InvariantCulture),
        RegisterType.Float64 => Double.ToString(CultureInfo.InvariantCulture),
        RegisterType.UInt64 => UInt64.ToString(CultureInfo.InvariantCulture),
        _ => Int64.ToString(CultureInfo.InvariantCulture),
    };

    // A digit above 9 counts as what its bits say; IsValid tells.
    private long FromBcd()
    {
        var number = 0L;
        for (var shift = 60; shift >= 0; shift -= 4)
            number = number * 10 + (long)(_bits >> shift & 0xF);
        return number;
    }
}
