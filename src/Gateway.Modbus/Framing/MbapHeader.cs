using System.Buffers.Binary;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Framing;

/// <summary>
/// The head of a Modbus TCP frame. Modbus Messaging on TCP/IP 1.0b §3.1.3:
/// <code>
/// 0               2               4               6         7
/// +---------------+---------------+---------------+---------+-------------
/// | transaction   | protocol = 0  | length        | unit id | PDU (1..253)
/// +---------------+---------------+---------------+---------+-------------
///                                   counts what follows it: unit id and PDU
/// </code>
/// </summary>
internal readonly record struct MbapHeader(ushort TransactionId, byte UnitId, int PduLength)
{
    public const int Length = 7;

    /// <summary>The longest frame: header and PDU.</summary>
    public const int MaxFrameLength = Length + ModbusLimits.MaxPduLength;

    public void Write(Span<byte> frame)
    {
        BinaryPrimitives.WriteUInt16BigEndian(frame, TransactionId);
        BinaryPrimitives.WriteUInt16BigEndian(frame[2..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(frame[4..], (ushort)(PduLength + 1));
        frame[6] = UnitId;
    }

    /// <summary>Reads a header of <see cref="Length"/> bytes; false if these bytes are no Modbus TCP.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, out MbapHeader header)
    {
        var protocol = BinaryPrimitives.ReadUInt16BigEndian(frame[2..]);
        var length = BinaryPrimitives.ReadUInt16BigEndian(frame[4..]);
        header = new(BinaryPrimitives.ReadUInt16BigEndian(frame), frame[6], length - 1);
        return protocol == 0 && length is >= 2 and <= ModbusLimits.MaxPduLength + 1;
    }
}
