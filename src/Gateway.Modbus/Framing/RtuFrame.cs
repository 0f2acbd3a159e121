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
/// </summary>
internal static class RtuFrame
{
    public const int HeaderLength = 1;
    public const int CrcLength = 2;

    /// <summary>What a frame has beside its PDU, bytes.</summary>
    public const int Overhead = HeaderLength + CrcLength;

    public const int MaxLength = ModbusLimits.MaxPduLength + Overhead;

    /// <summary>Puts unit id and CRC around a PDU that lies at <see cref="HeaderLength"/>; returns the frame's length.</summary>
    public static int Close(Span<byte> frame, byte unitId, int pduLength)
    {
        frame[0] = unitId;
        var end = HeaderLength + pduLength;
        BinaryPrimitives.WriteUInt16LittleEndian(frame[end..], Crc16.Compute(frame[..end]));
        return end + CrcLength;
    }

    /// <summary>Whether the last two bytes are the CRC of those before.</summary>
    public static bool HasValidCrc(ReadOnlySpan<byte> frame) =>
        BinaryPrimitives.ReadUInt16LittleEndian(frame[^CrcLength..]) == Crc16.Compute(frame[..^CrcLength]);
}
