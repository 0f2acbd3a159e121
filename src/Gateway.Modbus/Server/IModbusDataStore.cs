using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Server;

/// <summary>
/// One unit's data, as a server offers them. Ranges are within 0 to 65535 and within the standard's counts; each
/// method answers <see cref="ExceptionCode.None"/> or the exception that the client gets. Called by several connections
/// at the same time. A unit has tables; what else it has, it says by implementing more than those.
/// </summary>
public interface IModbusDataStore
{
    /// <summary>What the unit says of itself, functions 17 and 43/14; null: nothing, they are refused.</summary>
    ModbusIdentity? Identity => null;

    /// <summary>Eight status bits of the unit's own choice, function 7; null: none, it is refused.</summary>
    byte? ExceptionStatus => null;

    /// <summary>Reads coils or discrete inputs.</summary>
    ValueTask<ExceptionCode> ReadBitsAsync(ModbusTable table, ushort address, Memory<bool> bits, CancellationToken cancellationToken);

    /// <summary>Reads holding or input registers.</summary>
    ValueTask<ExceptionCode> ReadRegistersAsync(ModbusTable table, ushort address, Memory<ushort> registers, CancellationToken cancellationToken);

    /// <summary>Switches coils; all of them or none.</summary>
    ValueTask<ExceptionCode> WriteCoilsAsync(ushort address, ReadOnlyMemory<bool> values, CancellationToken cancellationToken);

    /// <summary>Writes holding registers; all of them or none.</summary>
    ValueTask<ExceptionCode> WriteRegistersAsync(ushort address, ReadOnlyMemory<ushort> values, CancellationToken cancellationToken);

    /// <summary>
    /// Changes some bits of a holding register: it becomes (old AND <paramref name="andMask"/>) OR (<paramref name="orMask"/>
    /// AND NOT <paramref name="andMask"/>). Unless a store has a better way it reads and then writes, and another client may
    /// write between.
    /// </summary>
    async ValueTask<ExceptionCode> MaskWriteRegisterAsync(ushort address, ushort andMask, ushort orMask, CancellationToken cancellationToken)
    {
        var register = new ushort[1];
        var code = await ReadRegistersAsync(ModbusTable.HoldingRegisters, address, register, cancellationToken);
        if (code != ExceptionCode.None)
            return code;

        register[0] = (ushort)((register[0] & andMask) | (orMask & ~andMask));
        return await WriteRegistersAsync(address, register, cancellationToken);
    }

    /// <summary>Reads a queue into the registers, of which there are 31, and says how many it holds; function 24. Unless implemented: refused.</summary>
    ValueTask<(ExceptionCode Code, int Count)> ReadFifoAsync(ushort address, Memory<ushort> registers, CancellationToken cancellationToken) =>
        new((ExceptionCode.IllegalFunction, 0));

    /// <summary>Reads records of a file, function 20. Unless implemented: refused.</summary>
    ValueTask<ExceptionCode> ReadFileAsync(ushort file, ushort record, Memory<ushort> registers, CancellationToken cancellationToken) =>
        new(ExceptionCode.IllegalFunction);

    /// <summary>Writes records of a file, function 21. Unless implemented: refused.</summary>
    ValueTask<ExceptionCode> WriteFileAsync(ushort file, ushort record, ReadOnlyMemory<ushort> values, CancellationToken cancellationToken) =>
        new(ExceptionCode.IllegalFunction);
}
