using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Client;

/// <content>Files of records.</content>
public sealed partial class ModbusClient
{
    /// <summary>Reads part of a file. Function 20, with one reference.</summary>
    /// <param name="unit">Whom to ask.</param>
    /// <param name="file">The file's number, 1 to 65535.</param>
    /// <param name="record">The first record, 0 to 9999; each is a register.</param>
    /// <param name="registers">Takes the records, 1 to 121; unchanged unless the result is a success.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<ModbusResult> ReadFileAsync(
        ModbusUnit unit, ushort file, ushort record, Memory<ushort> registers, CancellationToken cancellationToken = default)
    {
        CheckRecords(file, record, registers.Length);
        CheckAnswerable(unit);
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.ReadFileRecord(turn.Transaction.Begin(unit), file, record, registers.Length));
        var result = await ExecuteAsync(turn.Transaction, cancellationToken);
        if (result.IsSuccess)
            ResponseReader.ReadFileRecord(turn.Transaction.ResponsePdu, registers.Span);
        return result;
    }

    /// <summary>Writes part of a file. Function 21, with one reference.</summary>
    /// <param name="unit">Whom to ask.</param>
    /// <param name="file">The file's number, 1 to 65535.</param>
    /// <param name="record">The first record, 0 to 9999; each is a register.</param>
    /// <param name="values">1 to 121.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<ModbusResult> WriteFileAsync(
        ModbusUnit unit, ushort file, ushort record, ReadOnlyMemory<ushort> values, CancellationToken cancellationToken = default)
    {
        CheckRecords(file, record, values.Length);
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.WriteFileRecord(turn.Transaction.Begin(unit), file, record, values.Span));
        return await ExecuteAsync(turn.Transaction, cancellationToken);
    }

    private static void CheckRecords(ushort file, ushort record, int count)
    {
        ArgumentOutOfRangeException.ThrowIfZero(file);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, ModbusLimits.MaxFileRegisters);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(record + count - 1, ModbusLimits.MaxFileRecord, nameof(record));
    }
}
