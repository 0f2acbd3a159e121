using System.Buffers.Binary;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Framing;

/// <summary>
/// The RTU frame. Modbus over Serial Line 1.02 §2.5.1:
/// <code>
/// 0         1                    n      n+2
/// +---------+--------------------+-------+
/// | unit id | PDU (1..253)       | CRC   |  low byte first
/// +---------+--------------------+-------+
/// </code>
/// The standard ends frames by silence. Between adapters, drivers and sockets silence is lost, so the end is told
/// from the function, and the checksum has the last word.
/// </summary>
internal sealed class RtuFraming : SerialFraming
{
    private const int HeaderLength = 1;
    private const int CrcLength = 2;
    private const int Overhead = HeaderLength + CrcLength;

    public override bool HasMarks => false;

    public override int MaxFrameLength => ModbusLimits.MaxPduLength + Overhead;

    /// <summary>Longer than the standard's 1.5 characters: what lies between delivers in portions.</summary>
    public override TimeSpan MaxGapInFrame => TimeSpan.FromMilliseconds(50);

    public override int FrameLength(int pduLength) => pduLength + Overhead;

    public override int Write(Span<byte> frame, byte unitId, ReadOnlySpan<byte> pdu)
    {
        frame[0] = unitId;
        pdu.CopyTo(frame[HeaderLength..]);
        var end = HeaderLength + pdu.Length;
        BinaryPrimitives.WriteUInt16LittleEndian(frame[end..], Crc16.Compute(frame[..end]));
        return end + CrcLength;
    }

    public override FrameStatus Read(ReadOnlySpan<byte> bytes, PduLengthRule lengthOf, Span<byte> pdu, out SerialFrame frame)
    {
        frame = new(bytes[0], 0, 1);
        var length = lengthOf(bytes[HeaderLength..]);
        if (length == PduLength.Unknown)
            return FrameStatus.Garbage;
        if (length == PduLength.Incomplete)
            return FrameStatus.Incomplete;

        var isEndKnown = length != PduLength.UntilSilence;
        var frameLength = isEndKnown ? length + Overhead : Math.Min(bytes.Length, MaxFrameLength);
        if (bytes.Length < frameLength || frameLength <= Overhead)
            return FrameStatus.Incomplete;
        if (!HasValidCrc(bytes[..frameLength]))
            return isEndKnown ? FrameStatus.Garbage : FrameStatus.Incomplete;

        frame = new(bytes[0], frameLength - Overhead, frameLength);
        bytes[HeaderLength..(frameLength - CrcLength)].CopyTo(pdu);
        return FrameStatus.Whole;
    }

    private static bool HasValidCrc(ReadOnlySpan<byte> frame) =>
        BinaryPrimitives.ReadUInt16LittleEndian(frame[^CrcLength..]) == Crc16.Compute(frame[..^CrcLength]);
}
