using System.Buffers.Binary;

namespace Gateway.Modbus.Values;

/// <summary>Numbers from and to registers.</summary>
public static class RegisterCodec
{
    /// <summary>Reads a number from its registers, as many as the type takes.</summary>
    /// <exception cref="ArgumentException">There are fewer registers than the type takes.</exception>
    public static RegisterValue Decode(ReadOnlySpan<ushort> registers, RegisterType type, ByteOrder order)
    {
        return new(type, Read(registers, type.RegisterCount(), order));
    }

    /// <summary>Reads the bits of one to four registers as they stand, the most significant first.</summary>
    public static ulong DecodeBits(ReadOnlySpan<ushort> registers, ByteOrder order)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(registers.Length, 4, nameof(registers));
        return Read(registers, registers.Length, order);
    }

    /// <summary>Writes the lowest bits of a value into one to four registers.</summary>
    public static void EncodeBits(ulong bits, ByteOrder order, Span<ushort> registers)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(registers.Length, 4, nameof(registers));
        Write(bits, registers.Length, order, registers);
    }

    /// <summary>
    /// Writes a number into its registers; false, and nothing written, if an integer type cannot hold it exactly. Floats
    /// take the nearest value.
    /// </summary>
    /// <exception cref="ArgumentException">There are fewer registers than the type takes.</exception>
    public static bool TryEncode(decimal value, RegisterType type, ByteOrder order, Span<ushort> registers)
    {
        if (type.IsFloat())
            return TryEncode((double)value, type, order, registers);
        if (value != decimal.Truncate(value) || value < type.Minimum() || value > type.Maximum())
            return false;

        var bits = value < 0 ? (ulong)(long)value : (ulong)value;
        Write(type.IsBcd() ? ToBcd(bits) : bits, type.RegisterCount(), order, registers);
        return true;
    }

    /// <summary>
    /// Writes a number into its registers; false, and nothing written, if an integer type cannot hold it exactly, or if
    /// it is finite and beyond the range of a float of 16 or 32 bits.
    /// </summary>
    /// <exception cref="ArgumentException">There are fewer registers than the type takes.</exception>
    public static bool TryEncode(double value, RegisterType type, ByteOrder order, Span<ushort> registers)
    {
        if (!type.IsFloat())
        {
            // Beyond 2^64 a double does not fit any integer type, and may not fit a decimal.
            return Math.Abs(value) <= 18446744073709551616.0 && TryEncode((decimal)value, type, order, registers);
        }

        var bits = type switch
        {
            RegisterType.Float16 => BitConverter.HalfToUInt16Bits((Half)value),
            RegisterType.Float32 => BitConverter.SingleToUInt32Bits((float)value),
            _ => BitConverter.DoubleToUInt64Bits(value),
        };
        if (double.IsFinite(value) && !double.IsFinite(new RegisterValue(type, bits).Double))
            return false;

        Write(bits, type.RegisterCount(), order, registers);
        return true;
    }

    internal static bool IsLowFirst(ByteOrder order) => order is ByteOrder.CDAB or ByteOrder.DCBA;

    /// <summary>The register with its bytes exchanged where the order asks for it.</summary>
    internal static ushort Ordered(ushort register, ByteOrder order) =>
        order is ByteOrder.BADC or ByteOrder.DCBA ? BinaryPrimitives.ReverseEndianness(register) : register;

    private static ulong Read(ReadOnlySpan<ushort> registers, int count, ByteOrder order)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(registers.Length, count, nameof(registers));
        var bits = 0UL;
        for (var i = 0; i < count; i++)
            bits = bits << 16 | Ordered(registers[IsLowFirst(order) ? count - 1 - i : i], order);
        return bits;
    }

    private static void Write(ulong bits, int count, ByteOrder order, Span<ushort> registers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(registers.Length, count, nameof(registers));
        for (var i = 0; i < count; i++, bits >>= 16)
            registers[IsLowFirst(order) ? i : count - 1 - i] = Ordered((ushort)bits, order);
    }

    private static ulong ToBcd(ulong value)
    {
        var bits = 0UL;
        for (var shift = 0; value > 0; shift += 4, value /= 10)
            bits |= value % 10 << shift;
        return bits;
    }
}
