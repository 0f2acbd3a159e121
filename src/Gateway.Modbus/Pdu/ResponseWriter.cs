using System.Buffers.Binary;

namespace Gateway.Modbus.Pdu;

/// <summary>Writes response PDUs; each method returns the PDU's length.</summary>
internal static class ResponseWriter
{
    public const byte ExceptionFlag = 0x80;

    // function (1) | byte count (1) | bits                                                            §6.1, §6.2
    public static int ReadBits(Span<byte> pdu, FunctionCode function, ReadOnlySpan<bool> values)
    {
        var byteCount = Bits.ByteCount(values.Length);
        pdu[0] = (byte)function;
        pdu[1] = (byte)byteCount;
        Bits.Pack(values, pdu[2..]);
        return 2 + byteCount;
    }

    // function (1) | byte count (1) | registers (2 each)                                              §6.3, §6.4, §6.17
    public static int ReadRegisters(Span<byte> pdu, FunctionCode function, ReadOnlySpan<ushort> values)
    {
        pdu[0] = (byte)function;
        pdu[1] = (byte)(2 * values.Length);
        return 2 + Registers.Pack(values, pdu[2..]);
    }

    // a part of the request, or all of it                                                             §6.5, §6.6, §6.8, §6.11, §6.12, §6.15, §6.16
    public static int Echo(Span<byte> pdu, ReadOnlySpan<byte> requestPdu)
    {
        requestPdu.CopyTo(pdu);
        return requestPdu.Length;
    }

    // function (1) | status (1)                                                                       §6.7
    public static int ExceptionStatus(Span<byte> pdu, byte status)
    {
        pdu[0] = (byte)FunctionCode.ReadExceptionStatus;
        pdu[1] = status;
        return 2;
    }

    // function (1) | byte count (1) | the device's own                                                §6.13
    public static int ServerId(Span<byte> pdu, ReadOnlySpan<byte> id)
    {
        pdu[0] = (byte)FunctionCode.ReportServerId;
        pdu[1] = (byte)id.Length;
        id.CopyTo(pdu[2..]);
        return 2 + id.Length;
    }

    // function (1) | byte count (2) | FIFO count (2) | registers (2 each)                             §6.18
    public static int ReadFifo(Span<byte> pdu, ReadOnlySpan<ushort> values)
    {
        pdu[0] = (byte)FunctionCode.ReadFifoQueue;
        BinaryPrimitives.WriteUInt16BigEndian(pdu[1..], (ushort)(2 + 2 * values.Length));
        BinaryPrimitives.WriteUInt16BigEndian(pdu[3..], (ushort)values.Length);
        return 5 + Registers.Pack(values, pdu[5..]);
    }

    // function + 80 (1) | exception code (1)                                                          §7
    public static int Exception(Span<byte> pdu, byte function, ExceptionCode code)
    {
        pdu[0] = (byte)(function | ExceptionFlag);
        pdu[1] = (byte)code;
        return 2;
    }
}
