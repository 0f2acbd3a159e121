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
    /// <summary>The answer's length cannot be told from the request.</summary>
    public const int AnyLength = 0;

    /// <summary>
    /// Function and length are compared, the counts within the answer, and of a write also what it echoes: address,
    /// value or quantity, masks, records.
    /// </summary>
    public static ResponseMatch Match(ReadOnlySpan<byte> requestPdu, ReadOnlySpan<byte> pdu)
    {
        if (pdu.Length == 2 && pdu[0] == (requestPdu[0] | ResponseWriter.ExceptionFlag))
            return ResponseMatch.Exception;

        var expectedLength = ExpectedLength(requestPdu);
        if (pdu.IsEmpty || pdu[0] != requestPdu[0] || (expectedLength != AnyLength && pdu.Length != expectedLength))
            return ResponseMatch.No;
        return IsAnswer(requestPdu, pdu) ? ResponseMatch.Yes : ResponseMatch.No;
    }

    /// <summary>As <see cref="Match"/>, for a request of the caller's own making.</summary>
    public static ResponseMatch MatchRaw(ReadOnlySpan<byte> requestPdu, ReadOnlySpan<byte> pdu, ResponseShape shape)
    {
        if (pdu.IsEmpty || (pdu[0] & ~ResponseWriter.ExceptionFlag) != requestPdu[0])
            return ResponseMatch.No;
        if (shape.LengthOf(pdu) is var length and not PduLength.UntilSilence && length != pdu.Length)
            return ResponseMatch.No;
        return pdu[0] == requestPdu[0] ? ResponseMatch.Yes : ResponseMatch.Exception;
    }

    /// <summary>The length of the answer to a request of a function that is known, bytes, or <see cref="AnyLength"/>.</summary>
    public static int ExpectedLength(ReadOnlySpan<byte> requestPdu) => (FunctionCode)requestPdu[0] switch
    {
        FunctionCode.ReadCoils or FunctionCode.ReadDiscreteInputs => 2 + Bits.ByteCount(CountOf(requestPdu)),
        FunctionCode.ReadHoldingRegisters or FunctionCode.ReadInputRegisters or FunctionCode.ReadWriteMultipleRegisters =>
            2 + 2 * CountOf(requestPdu),
        FunctionCode.WriteSingleCoil or FunctionCode.WriteSingleRegister
            or FunctionCode.WriteMultipleCoils or FunctionCode.WriteMultipleRegisters => 5,
        FunctionCode.ReadExceptionStatus => 2,
        FunctionCode.Diagnostics or FunctionCode.MaskWriteRegister or FunctionCode.WriteFileRecord => requestPdu.Length,
        FunctionCode.ReadFileRecord => LengthOfRecords(requestPdu),
        _ => AnyLength,
    };

    public static bool IsRead(byte function) => function is >= (byte)FunctionCode.ReadCoils and <= (byte)FunctionCode.ReadInputRegisters;

    public static void ReadBits(ReadOnlySpan<byte> pdu, Span<bool> bits) => Bits.Unpack(pdu[2..], bits);

    /// <summary>Functions 3, 4 and 23.</summary>
    public static void ReadRegisters(ReadOnlySpan<byte> pdu, Span<ushort> registers) => Registers.Unpack(pdu[2..], registers);

    // function (1) | byte count (2) | FIFO count (2) | registers (2 each)                             §6.18
    public static int ReadFifo(ReadOnlySpan<byte> pdu, Span<ushort> registers)
    {
        var count = BinaryPrimitives.ReadUInt16BigEndian(pdu[3..]);
        Registers.Unpack(pdu[5..], registers[..count]);
        return count;
    }

    // function (1) | sub-function (2) | data (2)                                                      §6.8
    public static ushort ReadDiagnostic(ReadOnlySpan<byte> pdu) => BinaryPrimitives.ReadUInt16BigEndian(pdu[3..]);

    // function (1) | length (1) | record length (1) | reference type (1) | registers (2 each)         §6.14
    public static void ReadFileRecord(ReadOnlySpan<byte> pdu, Span<ushort> registers) => Registers.Unpack(pdu[4..], registers);

    private static bool IsAnswer(ReadOnlySpan<byte> requestPdu, ReadOnlySpan<byte> pdu) => (FunctionCode)requestPdu[0] switch
    {
        >= FunctionCode.ReadCoils and <= FunctionCode.ReadInputRegisters or FunctionCode.ReadWriteMultipleRegisters =>
            pdu[1] == pdu.Length - 2,
        FunctionCode.WriteMultipleCoils or FunctionCode.WriteMultipleRegisters => pdu.SequenceEqual(requestPdu[..5]),
        FunctionCode.WriteSingleCoil or FunctionCode.WriteSingleRegister
            or FunctionCode.MaskWriteRegister or FunctionCode.WriteFileRecord => pdu.SequenceEqual(requestPdu),
        // Counters come in place of the data; all else is an echo.
        FunctionCode.Diagnostics => pdu.SequenceEqual(requestPdu)
            || (pdu[..3].SequenceEqual(requestPdu[..3]) && Enum.IsDefined((DiagnosticCounter)BinaryPrimitives.ReadUInt16BigEndian(pdu[1..]))),
        FunctionCode.ReadExceptionStatus => true,
        FunctionCode.ReportServerId => pdu.Length >= 2 && pdu[1] == pdu.Length - 2,
        FunctionCode.ReadFileRecord => pdu[1] == pdu.Length - 2 && AreRecords(requestPdu, pdu),
        FunctionCode.ReadFifoQueue => pdu.Length >= 5
            && BinaryPrimitives.ReadUInt16BigEndian(pdu[1..]) == pdu.Length - 3
            && BinaryPrimitives.ReadUInt16BigEndian(pdu[3..]) is var count and <= ModbusLimits.MaxFifoRegisters && pdu.Length == 5 + 2 * count,
        FunctionCode.EncapsulatedInterface =>
            pdu.Length >= 7 && pdu[1] == requestPdu[1] && pdu[2] == requestPdu[2] && PduLength.OfResponse(pdu) == pdu.Length,
        _ => false,
    };

    // The answer has to each reference of 7 bytes its length, the reference type and the records.
    private static int LengthOfRecords(ReadOnlySpan<byte> requestPdu)
    {
        var length = 2;
        for (var at = 2; at + 7 <= requestPdu.Length; at += 7)
            length += 2 + 2 * BinaryPrimitives.ReadUInt16BigEndian(requestPdu[(at + 5)..]);
        return length;
    }

    private static bool AreRecords(ReadOnlySpan<byte> requestPdu, ReadOnlySpan<byte> pdu)
    {
        var found = 2;
        for (var at = 2; at + 7 <= requestPdu.Length; at += 7)
        {
            var length = 1 + 2 * BinaryPrimitives.ReadUInt16BigEndian(requestPdu[(at + 5)..]);
            if (pdu[found] != length || pdu[found + 1] != RequestWriter.FileReferenceType)
                return false;
            found += 1 + length;
        }

        return true;
    }

    private static ushort CountOf(ReadOnlySpan<byte> requestPdu) => BinaryPrimitives.ReadUInt16BigEndian(requestPdu[3..]);
}
