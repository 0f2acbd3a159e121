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

    // function (1) | byte count (1) | registers (2 each)                                              §6.3, §6.4
    public static int ReadRegisters(Span<byte> pdu, FunctionCode function, ReadOnlySpan<ushort> values)
    {
        pdu[0] = (byte)function;
        pdu[1] = (byte)(2 * values.Length);
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt16BigEndian(pdu[(2 + 2 * i)..], values[i]);
        return 2 + 2 * values.Length;
    }

    // the request's first five bytes: function (1) | address (2) | value or quantity (2)              §6.5, §6.6, §6.11, §6.12
    public static int Written(Span<byte> pdu, ReadOnlySpan<byte> requestPdu)
    {
        requestPdu[..5].CopyTo(pdu);
        return 5;
    }

    // function + 80 (1) | exception code (1)                                                          §7
    public static int Exception(Span<byte> pdu, byte function, ExceptionCode code)
    {
        pdu[0] = (byte)(function | ExceptionFlag);
        pdu[1] = (byte)code;
        return 2;
    }
}
