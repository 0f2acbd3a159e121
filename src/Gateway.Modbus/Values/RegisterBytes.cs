namespace Gateway.Modbus.Values;

/// <summary>Registers as bytes, two each, in the order that <see cref="ByteOrder"/> gives them: what texts and addresses are made of.</summary>
internal static class RegisterBytes
{
    /// <summary>Lays registers out as bytes; as many as twice the registers.</summary>
    public static void Read(ReadOnlySpan<ushort> registers, ByteOrder order, Span<byte> bytes)
    {
        for (var i = 0; i < registers.Length; i++)
        {
            var register = RegisterCodec.Ordered(registers[RegisterCodec.IsLowFirst(order) ? registers.Length - 1 - i : i], order);
            bytes[2 * i] = (byte)(register >> 8);
            bytes[2 * i + 1] = (byte)register;
        }
    }

    /// <summary>Lays bytes into registers; twice as many as the registers.</summary>
    public static void Write(ReadOnlySpan<byte> bytes, ByteOrder order, Span<ushort> registers)
    {
        for (var i = 0; i < registers.Length; i++)
        {
            var register = (ushort)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
            registers[RegisterCodec.IsLowFirst(order) ? registers.Length - 1 - i : i] = RegisterCodec.Ordered(register, order);
        }
    }
}
