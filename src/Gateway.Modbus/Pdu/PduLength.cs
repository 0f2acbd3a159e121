using System.Buffers.Binary;

namespace Gateway.Modbus.Pdu;

/// <summary>Tells the length of a PDU from its first bytes: its length, or one of the values of <see cref="PduLength"/>.</summary>
internal delegate int PduLengthRule(ReadOnlySpan<byte> pdu);

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

    /// <summary>As long as what comes until the line is silent.</summary>
    public const int UntilSilence = -2;

    private const byte ReadDeviceIdentification = 0x0E;

    /// <summary>The length of the request that begins with these bytes, or <see cref="Incomplete"/> or <see cref="Unknown"/>.</summary>
    public static int OfRequest(ReadOnlySpan<byte> pdu)
    {
        if (pdu.IsEmpty)
            return Incomplete;

        return (FunctionCode)pdu[0] switch
        {
            >= FunctionCode.ReadCoils and <= FunctionCode.WriteSingleRegister => 5,
            FunctionCode.ReadExceptionStatus or FunctionCode.GetCommEventCounter
                or FunctionCode.GetCommEventLog or FunctionCode.ReportServerId => 1,
            FunctionCode.Diagnostics => 5,
            FunctionCode.WriteMultipleCoils or FunctionCode.WriteMultipleRegisters => Counted(pdu, headLength: 6),
            FunctionCode.ReadFileRecord or FunctionCode.WriteFileRecord => Counted(pdu, headLength: 2),
            FunctionCode.MaskWriteRegister => 7,
            FunctionCode.ReadWriteMultipleRegisters => Counted(pdu, headLength: 10),
            FunctionCode.ReadFifoQueue => 3,
            FunctionCode.EncapsulatedInterface => 4,
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
            >= FunctionCode.ReadCoils and <= FunctionCode.ReadInputRegisters => Counted(pdu, headLength: 2),
            FunctionCode.WriteSingleCoil or FunctionCode.WriteSingleRegister
                or FunctionCode.WriteMultipleCoils or FunctionCode.WriteMultipleRegisters
                or FunctionCode.Diagnostics or FunctionCode.GetCommEventCounter => 5,
            FunctionCode.ReadExceptionStatus => 2,
            FunctionCode.GetCommEventLog or FunctionCode.ReportServerId
                or FunctionCode.ReadFileRecord or FunctionCode.WriteFileRecord
                or FunctionCode.ReadWriteMultipleRegisters => Counted(pdu, headLength: 2),
            FunctionCode.MaskWriteRegister => 7,
            FunctionCode.ReadFifoQueue => pdu.Length < 3 ? Incomplete : Bounded(3 + BinaryPrimitives.ReadUInt16BigEndian(pdu[1..])),
            FunctionCode.EncapsulatedInterface => OfIdentification(pdu),
            _ => Unknown,
        };
    }

    // function (1) | MEI type (1) | code (1) | conformity (1) | more follows (1) | next object (1) | objects (1), then
    // of each object: id (1) | length (1) | value                                                     §6.21
    private static int OfIdentification(ReadOnlySpan<byte> pdu)
    {
        const int headLength = 7;
        if (pdu.Length >= 2 && pdu[1] != ReadDeviceIdentification)
            return Unknown;
        if (pdu.Length < headLength)
            return Incomplete;

        var length = headLength;
        for (var i = 0; i < pdu[6]; i++)
        {
            if (pdu.Length < length + 2)
                return length + 2 <= ModbusLimits.MaxPduLength ? Incomplete : Unknown;
            length += 2 + pdu[length + 1];
        }

        return Bounded(length);
    }

    // The head's last byte counts the bytes that follow.
    private static int Counted(ReadOnlySpan<byte> pdu, int headLength) =>
        pdu.Length < headLength ? Incomplete : Bounded(headLength + pdu[headLength - 1]);

    private static int Bounded(int length) => length <= ModbusLimits.MaxPduLength ? length : Unknown;
}
