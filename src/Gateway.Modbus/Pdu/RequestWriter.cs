using System.Buffers.Binary;

namespace Gateway.Modbus.Pdu;

/// <summary>
/// Writes request PDUs. Each method returns the PDU's length; the destination holds at least
/// <see cref="ModbusLimits.MaxPduLength"/> bytes, and counts and ranges have been checked by the caller.
/// </summary>
internal static class RequestWriter
{
    /// <summary>The only reference type of a file record. §6.14.</summary>
    public const byte FileReferenceType = 6;

    /// <summary>The MEI type of the device identification. §6.21.</summary>
    public const byte ReadDeviceIdentification = 0x0E;

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
        return length + Registers.Pack(values, pdu[length..]);
    }

    // function (1)                                                                                    §6.7, §6.13
    public static int FunctionAlone(Span<byte> pdu, FunctionCode function)
    {
        pdu[0] = (byte)function;
        return 1;
    }

    // function (1) | sub-function (2) | data (2)                                                      §6.8
    public static int Diagnostics(Span<byte> pdu, ushort subfunction, ushort data) =>
        WriteHead(pdu, FunctionCode.Diagnostics, subfunction, data);

    // function (1) | byte count (1) | reference type (1) | file (2) | record (2) | length (2)         §6.14
    public static int ReadFileRecord(Span<byte> pdu, ushort file, ushort record, int count)
    {
        pdu[0] = (byte)FunctionCode.ReadFileRecord;
        pdu[1] = 7;
        return 2 + WriteReference(pdu[2..], file, record, count);
    }

    // function (1) | byte count (1) | reference type (1) | file (2) | record (2) | length (2) | registers      §6.15
    public static int WriteFileRecord(Span<byte> pdu, ushort file, ushort record, ReadOnlySpan<ushort> values)
    {
        pdu[0] = (byte)FunctionCode.WriteFileRecord;
        pdu[1] = (byte)(7 + 2 * values.Length);
        var length = 2 + WriteReference(pdu[2..], file, record, values.Length);
        return length + Registers.Pack(values, pdu[length..]);
    }

    // function (1) | address (2) | AND mask (2) | OR mask (2)                                         §6.16
    public static int MaskWrite(Span<byte> pdu, ushort address, ushort andMask, ushort orMask)
    {
        var length = WriteHead(pdu, FunctionCode.MaskWriteRegister, address, andMask);
        BinaryPrimitives.WriteUInt16BigEndian(pdu[length..], orMask);
        return length + 2;
    }

    // function (1) | read address (2) | to read (2) | write address (2) | to write (2) | byte count (1) | registers  §6.17
    public static int ReadWrite(Span<byte> pdu, ushort readAddress, int readCount, ushort writeAddress, ReadOnlySpan<ushort> values)
    {
        var length = WriteHead(pdu, FunctionCode.ReadWriteMultipleRegisters, readAddress, (ushort)readCount);
        BinaryPrimitives.WriteUInt16BigEndian(pdu[length..], writeAddress);
        BinaryPrimitives.WriteUInt16BigEndian(pdu[(length + 2)..], (ushort)values.Length);
        pdu[length + 4] = (byte)(2 * values.Length);
        length += 5;
        return length + Registers.Pack(values, pdu[length..]);
    }

    // function (1) | FIFO pointer address (2)                                                         §6.18
    public static int ReadFifo(Span<byte> pdu, ushort address)
    {
        pdu[0] = (byte)FunctionCode.ReadFifoQueue;
        BinaryPrimitives.WriteUInt16BigEndian(pdu[1..], address);
        return 3;
    }

    // function (1) | MEI type (1) | read device id code (1) | object id (1)                           §6.21
    public static int Identification(Span<byte> pdu, byte code, byte objectId)
    {
        pdu[0] = (byte)FunctionCode.EncapsulatedInterface;
        pdu[1] = ReadDeviceIdentification;
        pdu[2] = code;
        pdu[3] = objectId;
        return 4;
    }

    private static int WriteReference(Span<byte> pdu, ushort file, ushort record, int count)
    {
        pdu[0] = FileReferenceType;
        BinaryPrimitives.WriteUInt16BigEndian(pdu[1..], file);
        BinaryPrimitives.WriteUInt16BigEndian(pdu[3..], record);
        BinaryPrimitives.WriteUInt16BigEndian(pdu[5..], (ushort)count);
        return 7;
    }

    private static int WriteHead(Span<byte> pdu, FunctionCode function, ushort address, ushort countOrValue)
    {
        pdu[0] = (byte)function;
        BinaryPrimitives.WriteUInt16BigEndian(pdu[1..], address);
        BinaryPrimitives.WriteUInt16BigEndian(pdu[3..], countOrValue);
        return 5;
    }
}
