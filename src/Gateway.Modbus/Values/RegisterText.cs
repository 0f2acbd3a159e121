using System.Text;

namespace Gateway.Modbus.Values;

/// <summary>
/// Text in registers, two characters each. Order matters as far as it exchanges the bytes of a register
/// (<see cref="ByteOrder.BADC"/>, <see cref="ByteOrder.DCBA"/>) or the registers
/// (<see cref="ByteOrder.CDAB"/>, <see cref="ByteOrder.DCBA"/>: last register first).
/// </summary>
public static class RegisterText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads UTF-8, or Latin-1 where the bytes are not UTF-8; trailing NUL and spaces are cut off.</summary>
    public static string Decode(ReadOnlySpan<ushort> registers, ByteOrder order)
    {
        var bytes = new byte[2 * registers.Length];
        for (var i = 0; i < registers.Length; i++)
        {
            var register = RegisterCodec.Ordered(registers[RegisterCodec.IsLowFirst(order) ? registers.Length - 1 - i : i], order);
            bytes[2 * i] = (byte)(register >> 8);
            bytes[2 * i + 1] = (byte)register;
        }

        var text = bytes.AsSpan().TrimEnd([(byte)0, (byte)' ']);
        try
        {
            return StrictUtf8.GetString(text);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(text);
        }
    }

    /// <summary>Writes UTF-8, padded with NUL; false, and nothing written, if the text is too long.</summary>
    public static bool TryEncode(string text, ByteOrder order, Span<ushort> registers)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > 2 * registers.Length)
            return false;

        Array.Resize(ref bytes, 2 * registers.Length);
        for (var i = 0; i < registers.Length; i++)
        {
            var register = (ushort)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
            registers[RegisterCodec.IsLowFirst(order) ? registers.Length - 1 - i : i] = RegisterCodec.Ordered(register, order);
        }

        return true;
    }
}
