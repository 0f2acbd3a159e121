using System.Buffers.Binary;

namespace Gateway.Modbus.Pdu;

/// <summary>
/// Writes request PDUs. Each method returns the PDU's length; the destination holds at least
/// <see cref="ModbusLimits.MaxPduLength"/> bytes, and counts and ranges have been checked by the caller.
/// </summary>
internal static class RequestWriter
{
    private const ushort CoilOn = 0xFF00;

    // function (1) | starting address (2) | quantity (2)                                              §6.1 to §6.4
    public static int Read(Span<byte> pdu, ModbusTable table, ushort address, int count) =>
        WriteHead(pdu, table.ReadFunction(), address, (ushort)count);

    // function (1) | address (2) | FF00 or 0000 (2)                                                   §6.5
    public static int SingleCoil(Span<byte> pdu, ushort address, bool value) =>
        WriteHead(pdu, FunctionCode.WriteSingleCoil, address, value ? CoilOn : (ushort)0);

    // function (1) | address (2) | value (2)                                                          §6.6
    public static int SingleRegister(Span<byte> pdu, ushort address, ushort value) =>
        WriteHead(pdu, FunctionCode.WriteSingleRegister, address, value);

    // function (1) | starting address (2) | quantity (2) | byte count (1) | bits                      §6.11
    public static int MultipleCoils(Span<byte> pdu, ushort address, ReadOnlySpan<bool> values)
    {
        var length = WriteHead(pdu, FunctionCode.WriteMultipleCoils, address, (ushort)values.Length);
        var byteCount = Bits.ByteCount(values.Length);
        pdu[length++] = (byte)byteCount;
        Bits.Pack(values, pdu[length..]);
        return length + byteCount;
    }

    // function (1) | starting address (2) | quantity (2) | byte count (1) | registers (2 each)        §6.12
    public static int MultipleRegisters(Span<byte> pdu, ushort address, ReadOnlySpan<ushort> values)
    {
        var length = WriteHead(pdu, FunctionCode.WriteMultipleRegisters, address, (ushort)values.Length);
        pdu[length++] = (byte)(2 * values.Length);
        foreach (var value in values)
        {
            BinaryPrimitives.WriteUInt16BigEndian(pdu[length..], value);
            length += 2;
        }

        return length;
    }

    private static int WriteHead(Span<byte> pdu, FunctionCode function, ushort address, ushort countOrValue)
    {
        pdu[0] = (byte)function;
        BinaryPrimitives.WriteUInt16BigEndian(pdu[1..], address);
        BinaryPrimitives.WriteUInt16BigEndian(pdu[3..], countOrValue);
        return 5;
    }
}
