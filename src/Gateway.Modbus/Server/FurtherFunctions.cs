using System.Buffers.Binary;
using System.Text;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Server;

/// <summary>The functions beside those on the four tables: 7, 17, 20 to 24 and 43/14.</summary>
internal static class FurtherFunctions
{
    private const int MaxFileBytes = 0xF5;

    /// <summary>Answers a request; a function that is not known, or that the unit lacks, with exception 1.</summary>
    public static async ValueTask<int> AnswerAsync(
        IModbusDataStore store, ReadOnlyMemory<byte> request, Memory<byte> response, Memory<ushort> registers, CancellationToken cancellationToken)
    {
        var (code, length) = (FunctionCode)request.Span[0] switch
        {
            FunctionCode.MaskWriteRegister => await MaskWriteAsync(store, request, response, cancellationToken),
            FunctionCode.ReadWriteMultipleRegisters => await ReadWriteAsync(store, request, response, registers, cancellationToken),
            FunctionCode.ReadFifoQueue => await ReadFifoAsync(store, request, response, registers, cancellationToken),
            FunctionCode.ReadFileRecord => await ReadFilesAsync(store, request, response, registers, cancellationToken),
            FunctionCode.WriteFileRecord => await WriteFilesAsync(store, request, response, registers, cancellationToken),
            _ => Describe(store, request.Span, response.Span),
        };
        return code == ExceptionCode.None ? length : ResponseWriter.Exception(response.Span, request.Span[0], code);
    }

    private static async ValueTask<(ExceptionCode, int)> MaskWriteAsync(
        IModbusDataStore store, ReadOnlyMemory<byte> request, Memory<byte> response, CancellationToken cancellationToken)
    {
        if (request.Length != 7)
            return (ExceptionCode.IllegalDataValue, 0);

        var code = await store.MaskWriteRegisterAsync(Word(request, 1), Word(request, 3), Word(request, 5), cancellationToken);
        return (code, ResponseWriter.Echo(response.Span, request.Span));
    }

    private static async ValueTask<(ExceptionCode, int)> ReadWriteAsync(
        IModbusDataStore store, ReadOnlyMemory<byte> request, Memory<byte> response, Memory<ushort> registers, CancellationToken cancellationToken)
    {
        const int headLength = 10;
        if (request.Length < headLength)
            return (ExceptionCode.IllegalDataValue, 0);

        var (readAddress, readCount, writeAddress, writeCount) = (Word(request, 1), Word(request, 3), Word(request, 5), Word(request, 7));
        if (readCount is < 1 or > ModbusLimits.MaxReadRegisters || writeCount is < 1 or > ModbusLimits.MaxReadWriteRegisters
            || request.Span[9] != 2 * writeCount || request.Length != headLength + 2 * writeCount)
            return (ExceptionCode.IllegalDataValue, 0);
        if (readAddress + readCount > ModbusLimits.TableSize || writeAddress + writeCount > ModbusLimits.TableSize)
            return (ExceptionCode.IllegalDataAddress, 0);

        // The write comes before the read. §6.17
        Registers.Unpack(request.Span[headLength..], registers.Span[..writeCount]);
        var code = await store.WriteRegistersAsync(writeAddress, registers[..writeCount], cancellationToken);
        if (code == ExceptionCode.None)
            code = await store.ReadRegistersAsync(ModbusTable.HoldingRegisters, readAddress, registers[..readCount], cancellationToken);
        return (code, ResponseWriter.ReadRegisters(response.Span, FunctionCode.ReadWriteMultipleRegisters, registers.Span[..readCount]));
    }

    private static async ValueTask<(ExceptionCode, int)> ReadFifoAsync(
        IModbusDataStore store, ReadOnlyMemory<byte> request, Memory<byte> response, Memory<ushort> registers, CancellationToken cancellationToken)
    {
        if (request.Length != 3)
            return (ExceptionCode.IllegalDataValue, 0);

        var (code, count) = await store.ReadFifoAsync(Word(request, 1), registers[..ModbusLimits.MaxFifoRegisters], cancellationToken);
        return (code, ResponseWriter.ReadFifo(response.Span, registers.Span[..count]));
    }

    // request: function | byte count | of each reference: 06 | file (2) | record (2) | length (2)
    // response: function | length | of each reference: length | 06 | registers                        §6.14
    private static async ValueTask<(ExceptionCode, int)> ReadFilesAsync(
        IModbusDataStore store, ReadOnlyMemory<byte> request, Memory<byte> response, Memory<ushort> registers, CancellationToken cancellationToken)
    {
        if (request.Length < 9 || request.Span[1] != request.Length - 2 || request.Span[1] % 7 != 0)
            return (ExceptionCode.IllegalDataValue, 0);

        var end = 2;
        for (var at = 2; at < request.Length; at += 7)
        {
            var count = Word(request, at + 5);
            var code = CheckReference(request, at);
            if (code == ExceptionCode.None && end + 2 + 2 * count > 2 + MaxFileBytes)
                code = ExceptionCode.IllegalDataValue;
            if (code == ExceptionCode.None)
                code = await store.ReadFileAsync(Word(request, at + 1), Word(request, at + 3), registers[..count], cancellationToken);
            if (code != ExceptionCode.None)
                return (code, 0);

            response.Span[end] = (byte)(1 + 2 * count);
            response.Span[end + 1] = RequestWriter.FileReferenceType;
            end += 2 + Registers.Pack(registers.Span[..count], response.Span[(end + 2)..]);
        }

        response.Span[0] = (byte)FunctionCode.ReadFileRecord;
        response.Span[1] = (byte)(end - 2);
        return (ExceptionCode.None, end);
    }

    // function | byte count | of each reference: 06 | file (2) | record (2) | length (2) | registers  §6.15
    private static async ValueTask<(ExceptionCode, int)> WriteFilesAsync(
        IModbusDataStore store, ReadOnlyMemory<byte> request, Memory<byte> response, Memory<ushort> registers, CancellationToken cancellationToken)
    {
        if (request.Length < 11 || request.Span[1] != request.Length - 2)
            return (ExceptionCode.IllegalDataValue, 0);

        for (var at = 2; at < request.Length;)
        {
            if (request.Length < at + 7 || request.Length < at + 7 + 2 * Word(request, at + 5))
                return (ExceptionCode.IllegalDataValue, 0);

            var count = Word(request, at + 5);
            var code = CheckReference(request, at);
            if (code == ExceptionCode.None)
            {
                Registers.Unpack(request.Span[(at + 7)..], registers.Span[..count]);
                code = await store.WriteFileAsync(Word(request, at + 1), Word(request, at + 3), registers[..count], cancellationToken);
            }

            if (code != ExceptionCode.None)
                return (code, 0);
            at += 7 + 2 * count;
        }

        return (ExceptionCode.None, ResponseWriter.Echo(response.Span, request.Span));
    }

    private static ExceptionCode CheckReference(ReadOnlyMemory<byte> request, int at)
    {
        var count = Word(request, at + 5);
        return request.Span[at] != RequestWriter.FileReferenceType || Word(request, at + 1) == 0
            || count is < 1 or > ModbusLimits.MaxReadRegisters || Word(request, at + 3) + count - 1 > ModbusLimits.MaxFileRecord
            ? ExceptionCode.IllegalDataAddress
            : ExceptionCode.None;
    }

    private static (ExceptionCode, int) Describe(IModbusDataStore store, ReadOnlySpan<byte> request, Span<byte> response)
    {
        switch ((FunctionCode)request[0])
        {
            case FunctionCode.ReadExceptionStatus when store.ExceptionStatus is { } status:
                return (ExceptionCode.None, ResponseWriter.ExceptionStatus(response, status));
            case FunctionCode.ReportServerId when store.Identity is { ServerId.IsEmpty: false } identity:
                return (ExceptionCode.None, ResponseWriter.ServerId(response, identity.ServerId.Span));
            case FunctionCode.EncapsulatedInterface
                when request is [_, RequestWriter.ReadDeviceIdentification, var code, var from] && store.Identity is { Objects.Count: > 0 } identity:
                return Identify(identity.Objects, code, from, response);
            default:
                return (ExceptionCode.IllegalFunction, 0);
        }
    }

    // function | MEI type | code | conformity | more follows | next object | objects | of each: id | length | value   §6.21
    private static (ExceptionCode, int) Identify(IReadOnlyDictionary<byte, string> objects, byte code, byte from, Span<byte> response)
    {
        const byte individual = 4;
        if (code is < (byte)IdentificationCategory.Basic or > individual)
            return (ExceptionCode.IllegalDataValue, 0);
        if (code == individual && !objects.ContainsKey(from))
            return (ExceptionCode.IllegalDataAddress, 0);

        // A stream from an object that is not there begins at the first.
        var last = code switch { 1 => IdentificationObject.MajorMinorRevision, 2 => (byte)0x7F, individual => from, _ => byte.MaxValue };
        var first = objects.ContainsKey(from) && from <= last ? from : (byte)0;
        var (end, count, next) = (7, 0, (byte)0);
        foreach (var (id, text) in objects.Where(entry => entry.Key >= first && entry.Key <= last).OrderBy(entry => entry.Key))
        {
            var value = Encoding.UTF8.GetBytes(text);
            if (end + 2 + value.Length > ModbusLimits.MaxPduLength)
            {
                next = id;
                break;
            }

            response[end] = id;
            response[end + 1] = (byte)value.Length;
            value.CopyTo(response[(end + 2)..]);
            end += 2 + value.Length;
            count++;
        }

        response[0] = (byte)FunctionCode.EncapsulatedInterface;
        response[1] = RequestWriter.ReadDeviceIdentification;
        response[2] = code;
        response[3] = (byte)(0x80 | ConformityOf(objects));
        response[4] = next != 0 ? (byte)0xFF : (byte)0;
        response[5] = next;
        response[6] = (byte)count;
        return (ExceptionCode.None, end);
    }

    private static int ConformityOf(IReadOnlyDictionary<byte, string> objects) => objects.Keys.Max() switch
    {
        > 0x7F => 3,
        > IdentificationObject.MajorMinorRevision => 2,
        _ => 1,
    };

    private static ushort Word(ReadOnlyMemory<byte> pdu, int at) => BinaryPrimitives.ReadUInt16BigEndian(pdu.Span[at..]);
}
