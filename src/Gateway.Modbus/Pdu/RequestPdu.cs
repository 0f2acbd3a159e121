using System.Buffers.Binary;

namespace Gateway.Modbus.Pdu;

/// <summary>A request as a server sees it: a view over the received bytes, valid as long as they are.</summary>
internal readonly ref struct RequestPdu
{
    private RequestPdu(FunctionCode function, ushort address, ushort count, ReadOnlySpan<byte> data)
    {
        Function = function;
        Address = address;
        Count = count;
        Data = data;
    }

    public FunctionCode Function { get; }

    public ushort Address { get; }

    /// <summary>Items asked for or written; 1 for functions 5 and 6.</summary>
    public ushort Count { get; }

    /// <summary>What is to be written: packed bits, or registers of two bytes each; empty for a read.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>
    /// Reads a request and checks it in the order of the standard's state diagrams: function, then count and value,
    /// then address. The answer to a request that is refused is the exception code.
    /// </summary>
    public static ExceptionCode TryParse(ReadOnlySpan<byte> pdu, out RequestPdu request)
    {
        request = default;
        if (pdu.IsEmpty || !IsKnown((FunctionCode)pdu[0]))
            return ExceptionCode.IllegalFunction;
        if (pdu.Length < 5)
            return ExceptionCode.IllegalDataValue;

        var function = (FunctionCode)pdu[0];
        var address = BinaryPrimitives.ReadUInt16BigEndian(pdu[1..]);
        var countOrValue = BinaryPrimitives.ReadUInt16BigEndian(pdu[3..]);
        var isWhole = function switch
        {
            FunctionCode.ReadCoils or FunctionCode.ReadDiscreteInputs =>
                pdu.Length == 5 && countOrValue is >= 1 and <= ModbusLimits.MaxReadBits,
            FunctionCode.ReadHoldingRegisters or FunctionCode.ReadInputRegisters =>
                pdu.Length == 5 && countOrValue is >= 1 and <= ModbusLimits.MaxReadRegisters,
            FunctionCode.WriteSingleCoil => pdu.Length == 5 && countOrValue is 0xFF00 or 0x0000,
            FunctionCode.WriteSingleRegister => pdu.Length == 5,
            FunctionCode.WriteMultipleCoils =>
                countOrValue is >= 1 and <= ModbusLimits.MaxWriteCoils && HasData(pdu, Bits.ByteCount(countOrValue)),
            _ => countOrValue is >= 1 and <= ModbusLimits.MaxWriteRegisters && HasData(pdu, 2 * countOrValue),
        };
        if (!isWhole)
            return ExceptionCode.IllegalDataValue;

        request = function switch
        {
            FunctionCode.WriteSingleCoil => new(function, address, 1, pdu[3] == 0xFF ? [1] : [0]),
            FunctionCode.WriteSingleRegister => new(function, address, 1, pdu[3..5]),
            FunctionCode.WriteMultipleCoils or FunctionCode.WriteMultipleRegisters => new(function, address, countOrValue, pdu[6..]),
            _ => new(function, address, countOrValue, []),
        };
        return address + request.Count > ModbusLimits.TableSize ? ExceptionCode.IllegalDataAddress : ExceptionCode.None;
    }

    private static bool IsKnown(FunctionCode function) => function
        is >= FunctionCode.ReadCoils and <= FunctionCode.WriteSingleRegister
        or FunctionCode.WriteMultipleCoils or FunctionCode.WriteMultipleRegisters;

    private static bool HasData(ReadOnlySpan<byte> pdu, int byteCount) => pdu.Length == 6 + byteCount && pdu[5] == byteCount;
}
