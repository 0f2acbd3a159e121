using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Framing;

/// <summary>
/// How long a PDU will be, told from its first bytes: RTU frames carry no length, and a stream has no gaps to end
/// them by.
/// </summary>
internal static class PduLength
{
    /// <summary>More bytes are needed to tell.</summary>
    public const int Incomplete = 0;

    /// <summary>The function is not known.</summary>
    public const int Unknown = -1;

    /// <summary>The length of the request that begins with these bytes, or <see cref="Incomplete"/> or <see cref="Unknown"/>.</summary>
    public static int OfRequest(ReadOnlySpan<byte> pdu)
    {
        if (pdu.IsEmpty)
            return Incomplete;

        return (FunctionCode)pdu[0] switch
        {
            >= FunctionCode.ReadCoils and <= FunctionCode.WriteSingleRegister => 5,
            FunctionCode.WriteMultipleCoils or FunctionCode.WriteMultipleRegisters =>
                Counted(pdu, headLength: 6),

            // Known so that a server finds the end of what it refuses: 7, 8, 11, 12, 17, 20, 21, 22, 23, 24, 43.
            (FunctionCode)0x07 or (FunctionCode)0x0B or (FunctionCode)0x0C or (FunctionCode)0x11 => 1,
            (FunctionCode)0x08 => 5,
            (FunctionCode)0x14 or (FunctionCode)0x15 => Counted(pdu, headLength: 2),
            (FunctionCode)0x16 => 7,
            (FunctionCode)0x17 => Counted(pdu, headLength: 10),
            (FunctionCode)0x18 => 3,
            (FunctionCode)0x2B => 4,
            _ => Unknown,
        };
    }

    /// <summary>The length of the response that begins with these bytes, or <see cref="Incomplete"/> or <see cref="Unknown"/>.</summary>
    public static int OfResponse(ReadOnlySpan<byte> pdu)
    {
        if (pdu.IsEmpty)
            return Incomplete;
        if ((pdu[0] & ResponseWriter.ExceptionFlag) != 0)
            return 2;

        return (FunctionCode)pdu[0] switch
        {
            >= FunctionCode.ReadCoils and <= FunctionCode.ReadInputRegisters =>
                Counted(pdu, headLength: 2),
            FunctionCode.WriteSingleCoil or FunctionCode.WriteSingleRegister
                or FunctionCode.WriteMultipleCoils or FunctionCode.WriteMultipleRegisters => 5,
            _ => Unknown,
        };
    }

    // The head's last byte counts the bytes that follow.
    private static int Counted(ReadOnlySpan<byte> pdu, int headLength)
    {
        if (pdu.Length < headLength)
            return Incomplete;

        var length = headLength + pdu[headLength - 1];
        return length <= ModbusLimits.MaxPduLength ? length : Unknown;
    }
}
