namespace Gateway.Modbus.Values;

/// <summary>Bits of a value in registers: single ones, fields, bytes. Bit 0 is the least significant.</summary>
public static class RegisterBits
{
    /// <summary>The field of <paramref name="width"/> bits, 1 to 64, whose least significant bit is <paramref name="lowest"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The field reaches past bit 63.</exception>
    public static ulong Get(ulong value, int lowest, int width) => value >> lowest & Mask(lowest, width);

    /// <summary>The value with a field replaced by the lowest bits of <paramref name="field"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The field reaches past bit 63.</exception>
    public static ulong With(ulong value, int lowest, int width, ulong field)
    {
        var mask = Mask(lowest, width);
        return value & ~(mask << lowest) | (field & mask) << lowest;
    }

    private static ulong Mask(int lowest, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lowest);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lowest + width, 64, nameof(width));
        return ulong.MaxValue >> 64 - width;
    }
}
