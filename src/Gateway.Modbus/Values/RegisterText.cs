using System.Text;

namespace Gateway.Modbus.Values;

/// <summary>
/// Text in registers, two bytes each. Order matters as far as it exchanges the bytes of a register
/// (<see cref="ByteOrder.BADC"/>, <see cref="ByteOrder.DCBA"/>) or the registers
/// (<see cref="ByteOrder.CDAB"/>, <see cref="ByteOrder.DCBA"/>: last register first).
/// </summary>
public static class RegisterText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly Encoding StrictAscii = Encoding.GetEncoding("us-ascii", EncoderFallback.ExceptionFallback, DecoderFallback.ReplacementFallback);
    private static readonly Encoding StrictLatin1 = Encoding.GetEncoding("iso-8859-1", EncoderFallback.ExceptionFallback, DecoderFallback.ReplacementFallback);
    private static readonly UnicodeEncoding Utf16 = new(bigEndian: true, byteOrderMark: false);

    /// <summary>Reads a text; what follows a NUL, and trailing spaces, are cut off.</summary>
    public static string Decode(ReadOnlySpan<ushort> registers, TextEncoding encoding, ByteOrder order)
    {
        var bytes = new byte[2 * registers.Length];
        RegisterBytes.Read(registers, order, bytes);
        var text = ToText(bytes, encoding);
        var end = text.IndexOf('\0', StringComparison.Ordinal);
        return (end < 0 ? text : text[..end]).TrimEnd(' ');
    }

    /// <summary>
    /// Writes a text; false, and nothing written, if it is too long or has a character that the encoding lacks.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="encoding">How its characters lie.</param>
    /// <param name="order">How the bytes lie.</param>
    /// <param name="padding">What follows it: NUL or a space.</param>
    /// <param name="registers">Where it goes.</param>
    public static bool TryEncode(string text, TextEncoding encoding, ByteOrder order, char padding, Span<ushort> registers)
    {
        var codec = Codec(encoding);
        var bytes = new byte[2 * registers.Length];
        try
        {
            if (codec.GetByteCount(text) > bytes.Length)
                return false;

            var length = codec.GetBytes(text, bytes);
            for (var i = length; i < bytes.Length; i++)
                bytes[i] = encoding == TextEncoding.Utf16 && i % 2 == 0 ? (byte)0 : (byte)padding;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }

        RegisterBytes.Write(bytes, order, registers);
        return true;
    }

    private static string ToText(byte[] bytes, TextEncoding encoding)
    {
        try
        {
            // What follows the end of a text may be anything: it must not decide how the text is read.
            var end = encoding == TextEncoding.Utf8 ? Array.IndexOf(bytes, (byte)0) : -1;
            return Codec(encoding).GetString(bytes, 0, end < 0 ? bytes.Length : end);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }

    private static Encoding Codec(TextEncoding encoding) => encoding switch
    {
        TextEncoding.Ascii => StrictAscii,
        TextEncoding.Latin1 => StrictLatin1,
        TextEncoding.Utf16 => Utf16,
        _ => StrictUtf8,
    };
}
