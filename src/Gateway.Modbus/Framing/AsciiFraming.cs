using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Framing;

/// <summary>
/// The ASCII frame: each byte as two hexadecimal digits. Modbus over Serial Line 1.02 §2.5.2:
/// <code>
/// 0     1         3                       n      n+2       n+4
/// +-----+---------+-----------------------+------+---------+
/// | ":" | unit id | PDU (1..253, 2..506)  | LRC  | CR LF   |
/// +-----+---------+-----------------------+------+---------+
/// </code>
/// </summary>
internal sealed class AsciiFraming : SerialFraming
{
    private const byte Start = (byte)':';
    private const byte LastEnd = (byte)'\n';
    private const int UnitAndLrc = 2;

    public override bool HasMarks => true;

    public override int MaxFrameLength => FrameLength(ModbusLimits.MaxPduLength);

    /// <summary>The standard's limit between two characters. §2.5.2.1.</summary>
    public override TimeSpan MaxGapInFrame => TimeSpan.FromSeconds(1);

    public override int FrameLength(int pduLength) => 1 + 2 * (pduLength + UnitAndLrc) + 2;

    public override int Write(Span<byte> frame, byte unitId, ReadOnlySpan<byte> pdu)
    {
        frame[0] = Start;
        WriteByte(frame[1..], unitId);
        for (var i = 0; i < pdu.Length; i++)
            WriteByte(frame[(3 + 2 * i)..], pdu[i]);
        var end = 3 + 2 * pdu.Length;
        WriteByte(frame[end..], Lrc(unitId, pdu));
        "\r\n"u8.CopyTo(frame[(end + 2)..]);
        return end + 4;
    }

    public override FrameStatus Read(ReadOnlySpan<byte> bytes, PduLengthRule lengthOf, Span<byte> pdu, out SerialFrame frame)
    {
        frame = default;
        if (bytes[0] != Start)
            return Garbage(bytes.IndexOf(Start) is var next and >= 0 ? next : bytes.Length, out frame);

        // A colon within a frame begins another: the first one lost its end.
        var end = bytes[1..].IndexOfAny(Start, LastEnd) + 1;
        if (end == 0)
            return bytes.Length < MaxFrameLength ? FrameStatus.Incomplete : Garbage(bytes.Length, out frame);
        if (bytes[end] == Start)
            return Garbage(end, out frame);

        var length = end + 1;
        var pduLength = (length - FrameLength(0)) / 2;
        if (pduLength is < 1 or > ModbusLimits.MaxPduLength || length != FrameLength(pduLength) || bytes[end - 1] != '\r')
            return Garbage(length, out frame);

        var digits = bytes[1..(end - 1)];
        if (!TryReadByte(digits, out var unitId) || !TryReadBytes(digits[2..], pdu[..pduLength])
            || !TryReadByte(digits[^2..], out var lrc) || lrc != Lrc(unitId, pdu[..pduLength]))
            return Garbage(length, out frame);

        frame = new(unitId, pduLength, length);
        return FrameStatus.Whole;
    }

    /// <summary>The two's complement of the sum of all bytes. §6.2.1.</summary>
    private static byte Lrc(byte unitId, ReadOnlySpan<byte> pdu)
    {
        var sum = (int)unitId;
        foreach (var b in pdu)
            sum += b;
        return (byte)-sum;
    }

    private static FrameStatus Garbage(int length, out SerialFrame frame)
    {
        frame = new(0, 0, length);
        return FrameStatus.Garbage;
    }

    private static void WriteByte(Span<byte> digits, byte value)
    {
        digits[0] = "0123456789ABCDEF"u8[value >> 4];
        digits[1] = "0123456789ABCDEF"u8[value & 15];
    }

    private static bool TryReadBytes(ReadOnlySpan<byte> digits, Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (!TryReadByte(digits[(2 * i)..], out bytes[i]))
                return false;
        }

        return true;
    }

    private static bool TryReadByte(ReadOnlySpan<byte> digits, out byte value)
    {
        var (high, low) = (Digit(digits[0]), Digit(digits[1]));
        value = (byte)(high << 4 | low);
        return high >= 0 && low >= 0;
    }

    private static int Digit(byte character) => character switch
    {
        >= (byte)'0' and <= (byte)'9' => character - '0',
        >= (byte)'A' and <= (byte)'F' => character - 'A' + 10,
        >= (byte)'a' and <= (byte)'f' => character - 'a' + 10,
        _ => -1,
    };
}
