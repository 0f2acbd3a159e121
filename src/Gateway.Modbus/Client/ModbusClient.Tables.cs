using System.Runtime.CompilerServices;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Client;

/// <content>Coils, discrete inputs and registers.</content>
public sealed partial class ModbusClient
{
    /// <summary>Reads coils or discrete inputs. Functions 1 and 2.</summary>
    /// <param name="unit">Whom to ask.</param>
    /// <param name="table">A table of bits.</param>
    /// <param name="address">The first, zero-based.</param>
    /// <param name="bits">Takes the values, 1 to 2000; unchanged unless the result is a success.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ModbusResult> ReadBitsAsync(
        ModbusUnit unit, ModbusTable table, ushort address, Memory<bool> bits, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(table.HoldsBits(), false, nameof(table));
        CheckRange(address, bits.Length, ModbusLimits.MaxReadBits);
        CheckAnswerable(unit);
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.Read(turn.Transaction.Begin(unit), table, address, bits.Length));
        var result = await ExecuteAsync(turn.Transaction, cancellationToken);
        if (result.IsSuccess)
            ResponseReader.ReadBits(turn.Transaction.ResponsePdu, bits.Span);
        return result;
    }

    /// <summary>Reads holding or input registers. Functions 3 and 4.</summary>
    /// <param name="unit">Whom to ask.</param>
    /// <param name="table">A table of registers.</param>
    /// <param name="address">The first, zero-based.</param>
    /// <param name="registers">Takes the values, 1 to 125; unchanged unless the result is a success.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ModbusResult> ReadRegistersAsync(
        ModbusUnit unit, ModbusTable table, ushort address, Memory<ushort> registers, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(table.HoldsBits(), true, nameof(table));
        CheckRange(address, registers.Length, ModbusLimits.MaxReadRegisters);
        CheckAnswerable(unit);
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.Read(turn.Transaction.Begin(unit), table, address, registers.Length));
        var result = await ExecuteAsync(turn.Transaction, cancellationToken);
        if (result.IsSuccess)
            ResponseReader.ReadRegisters(turn.Transaction.ResponsePdu, registers.Span);
        return result;
    }

    /// <summary>Switches one coil. Function 5.</summary>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<ModbusResult> WriteCoilAsync(
        ModbusUnit unit, ushort address, bool value, CancellationToken cancellationToken = default)
    {
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.SingleCoil(turn.Transaction.Begin(unit), address, value));
        return await ExecuteAsync(turn.Transaction, cancellationToken);
    }

    /// <summary>Writes one holding register. Function 6.</summary>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<ModbusResult> WriteRegisterAsync(
        ModbusUnit unit, ushort address, ushort value, CancellationToken cancellationToken = default)
    {
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.SingleRegister(turn.Transaction.Begin(unit), address, value));
        return await ExecuteAsync(turn.Transaction, cancellationToken);
    }

    /// <summary>Switches 1 to 1968 coils. Function 15.</summary>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<ModbusResult> WriteCoilsAsync(
        ModbusUnit unit, ushort address, ReadOnlyMemory<bool> values, CancellationToken cancellationToken = default)
    {
        CheckRange(address, values.Length, ModbusLimits.MaxWriteCoils);
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.MultipleCoils(turn.Transaction.Begin(unit), address, values.Span));
        return await ExecuteAsync(turn.Transaction, cancellationToken);
    }

    /// <summary>Writes 1 to 123 holding registers. Function 16.</summary>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<ModbusResult> WriteRegistersAsync(
        ModbusUnit unit, ushort address, ReadOnlyMemory<ushort> values, CancellationToken cancellationToken = default)
    {
        CheckRange(address, values.Length, ModbusLimits.MaxWriteRegisters);
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.MultipleRegisters(turn.Transaction.Begin(unit), address, values.Span));
        return await ExecuteAsync(turn.Transaction, cancellationToken);
    }

    /// <summary>
    /// Changes some bits of a holding register: it becomes (old AND <paramref name="andMask"/>) OR (<paramref name="orMask"/>
    /// AND NOT <paramref name="andMask"/>). Function 22.
    /// </summary>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<ModbusResult> MaskWriteRegisterAsync(
        ModbusUnit unit, ushort address, ushort andMask, ushort orMask, CancellationToken cancellationToken = default)
    {
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.MaskWrite(turn.Transaction.Begin(unit), address, andMask, orMask));
        return await ExecuteAsync(turn.Transaction, cancellationToken);
    }

    /// <summary>Writes holding registers and then reads some, in one request. Function 23.</summary>
    /// <param name="unit">Whom to ask.</param>
    /// <param name="writeAddress">The first to write, zero-based.</param>
    /// <param name="values">1 to 121.</param>
    /// <param name="readAddress">The first to read, zero-based.</param>
    /// <param name="registers">Takes what is read, 1 to 125; unchanged unless the result is a success.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<ModbusResult> ReadWriteRegistersAsync(
        ModbusUnit unit,
        ushort writeAddress,
        ReadOnlyMemory<ushort> values,
        ushort readAddress,
        Memory<ushort> registers,
        CancellationToken cancellationToken = default)
    {
        CheckRange(writeAddress, values.Length, ModbusLimits.MaxReadWriteRegisters);
        CheckRange(readAddress, registers.Length, ModbusLimits.MaxReadRegisters);
        CheckAnswerable(unit);
        using var turn = TakeTurn();
        turn.Transaction.Prepare(
            RequestWriter.ReadWrite(turn.Transaction.Begin(unit), readAddress, registers.Length, writeAddress, values.Span));
        var result = await ExecuteAsync(turn.Transaction, cancellationToken);
        if (result.IsSuccess)
            ResponseReader.ReadRegisters(turn.Transaction.ResponsePdu, registers.Span);
        return result;
    }

    /// <summary>Reads a queue of registers without emptying it. Function 24.</summary>
    /// <param name="unit">Whom to ask.</param>
    /// <param name="address">Of the queue's pointer, zero-based.</param>
    /// <param name="registers">Takes the queue, from its oldest value on; room for 31. Unchanged unless the result is a success.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How it ended, and how many values the queue holds.</returns>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<(ModbusResult Result, int Count)> ReadFifoAsync(
        ModbusUnit unit, ushort address, Memory<ushort> registers, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(registers.Length, ModbusLimits.MaxFifoRegisters);
        CheckAnswerable(unit);
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.ReadFifo(turn.Transaction.Begin(unit), address));
        var result = await ExecuteAsync(turn.Transaction, cancellationToken);
        return (result, result.IsSuccess ? ResponseReader.ReadFifo(turn.Transaction.ResponsePdu, registers.Span) : 0);
    }
}
