using System.Buffers.Binary;

namespace Gateway.Modbus.Values;

/// <summary>Numbers from and to registers.</summary>
public static class RegisterCodec
{
    /// <summary>Reads a number from its registers, as many as the type takes.</summary>
    /// <exception cref="ArgumentException">There are fewer registers than the type takes.</exception>
    public static RegisterValue Decode(ReadOnlySpan<ushort> registers, RegisterType type, ByteOrder order)
    {
        var count = type.RegisterCount();
        ArgumentOutOfRangeException.ThrowIfLessThan(registers.Length, count, nameof(registers));

        var bits = 0UL;
        for (var i = 0; i < count; i++)
            bits = bits << 16 | Ordered(registers[IsLowFirst(order) ? count - 1 - i : i], order);
        return new(type, bits);
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

        Write(value < 0 ? (ulong)(long)value : (ulong)value, type, order, registers);
        return true;
    }

    /// <summary>
    /// Writes a number into its registers; false, and nothing written, if an integer type cannot hold it exactly, or if
    /// it is finite and beyond a 32-bit float's range.
    /// </summary>
    /// <exception cref="ArgumentException">There are fewer registers than the type takes.</exception>
    public static bool TryEncode(double value, RegisterType type, ByteOrder order, Span<ushort> registers)
    {
        if (!type.IsFloat())
        {
            // Beyond 2^64 a double does not fit any integer type, and may not fit a decimal.
            return Math.Abs(value) <= 18446744073709551616.0 && TryEncode((decimal)value, type, order, registers);
        }

        if (type == RegisterType.Float32 && double.IsFinite(value) && !float.IsFinite((float)value))
            return false;

        var bits = type == RegisterType.Float32 ? BitConverter.SingleToUInt32Bits((float)value) : BitConverter.DoubleToUInt64Bits(value);
        Write(bits, type, order, registers);
        return true;
    }

    internal static bool IsLowFirst(ByteOrder order) => order is ByteOrder.CDAB or ByteOrder.DCBA;

    /// <summary>The register with its bytes exchanged where the order asks for it.</summary>
    internal static ushort Ordered(ushort register, ByteOrder order) =>
        order is ByteOrder.BADC or ByteOrder.DCBA ? BinaryPrimitives.ReverseEndianness(register) : register;

    private static void Write(ulong bits, RegisterType type, ByteOrder order, Span<ushort> registers)
    {
        var count = type.RegisterCount();
        ArgumentOutOfRangeException.ThrowIfLessThan(registers.Length, count, nameof(registers));
        for (var i = 0; i < count; i++, bits >>= 16)
            registers[IsLowFirst(order) ? i : count - 1 - i] = Ordered((ushort)bits, order);
    }
}
