using System.Buffers.Binary;

namespace Gateway.Modbus.Pdu;

/// <summary>What a PDU that came back is to the request that is waiting.</summary>
internal enum ResponseMatch
{
    /// <summary>Not the answer to this request.</summary>
    No,

    /// <summary>The answer.</summary>
    Yes,

    /// <summary>The device refuses.</summary>
    Exception,
}

/// <summary>Matches response PDUs with their request and reads them.</summary>
internal static class ResponseReader
{
    /// <summary>
    /// Function and length are compared, and of a write also what it echoes: address and value or quantity.
    /// </summary>
    public static ResponseMatch Match(ReadOnlySpan<byte> requestPdu, ReadOnlySpan<byte> pdu)
    {
        if (pdu.Length == 2 && pdu[0] == (requestPdu[0] | ResponseWriter.ExceptionFlag))
            return ResponseMatch.Exception;
        if (pdu.Length != ExpectedLength(requestPdu) || pdu[0] != requestPdu[0])
            return ResponseMatch.No;

        var isAnswer = IsRead(requestPdu[0]) ? pdu[1] == pdu.Length - 2 : pdu.SequenceEqual(requestPdu[..5]);
        return isAnswer ? ResponseMatch.Yes : ResponseMatch.No;
    }

    /// <summary>The length of the answer to a request, bytes.</summary>
    public static int ExpectedLength(ReadOnlySpan<byte> requestPdu)
    {
        var count = BinaryPrimitives.ReadUInt16BigEndian(requestPdu[3..]);
        return (FunctionCode)requestPdu[0] switch
        {
            FunctionCode.ReadCoils or FunctionCode.ReadDiscreteInputs => 2 + Bits.ByteCount(count),
            FunctionCode.ReadHoldingRegisters or FunctionCode.ReadInputRegisters => 2 + 2 * count,
            _ => 5,
        };
    }

    public static bool IsRead(byte function) => function is >= (byte)FunctionCode.ReadCoils and <= (byte)FunctionCode.ReadInputRegisters;

    public static void ReadBits(ReadOnlySpan<byte> pdu, Span<bool> bits) => Bits.Unpack(pdu[2..], bits);

    public static void ReadRegisters(ReadOnlySpan<byte> pdu, Span<ushort> registers)
    {
        for (var i = 0; i < registers.Length; i++)
            registers[i] = BinaryPrimitives.ReadUInt16BigEndian(pdu[(2 + 2 * i)..]);
    }
}
