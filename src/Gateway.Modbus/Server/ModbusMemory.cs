using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Server;

/// <summary>
/// A unit's tables, queues and files in memory. Only addresses that were set exist; the others are answered with
/// <see cref="ExceptionCode.IllegalDataAddress"/>. Thread-safe; each call is atomic.
/// </summary>
public sealed class ModbusMemory : IModbusDataStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(ModbusTable Table, ushort Address), bool> _bits = [];
    private readonly Dictionary<(ModbusTable Table, ushort Address), ushort> _registers = [];
    private readonly Dictionary<ushort, ushort[]> _queues = [];
    private readonly Dictionary<ushort, ushort[]> _files = [];

    /// <summary>Called after a client has written; on the connection's own task, outside any lock.</summary>
    public event EventHandler<ModbusWrittenEventArgs>? Written;

    /// <inheritdoc/>
    public ModbusIdentity? Identity { get; init; }

    /// <inheritdoc/>
    public byte? ExceptionStatus { get; init; }

    /// <summary>Creates or changes bits.</summary>
    /// <exception cref="ArgumentException">The table holds registers, or the range reaches past 65535.</exception>
    public void SetBits(ModbusTable table, ushort address, params ReadOnlySpan<bool> values)
    {
        Check(table, holdsBits: true, address, values.Length);
        lock (_gate)
        {
            for (var i = 0; i < values.Length; i++)
                _bits[(table, (ushort)(address + i))] = values[i];
        }
    }

    /// <summary>Creates or changes registers.</summary>
    /// <exception cref="ArgumentException">The table holds bits, or the range reaches past 65535.</exception>
    public void SetRegisters(ModbusTable table, ushort address, params ReadOnlySpan<ushort> values)
    {
        Check(table, holdsBits: false, address, values.Length);
        lock (_gate)
        {
            for (var i = 0; i < values.Length; i++)
                _registers[(table, (ushort)(address + i))] = values[i];
        }
    }

    /// <summary>Creates or replaces a queue of up to 31 registers.</summary>
    public void SetQueue(ushort address, params ReadOnlySpan<ushort> values)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(values.Length, ModbusLimits.MaxFifoRegisters, nameof(values));
        lock (_gate)
            _queues[address] = values.ToArray();
    }

    /// <summary>Creates or replaces a file of up to 10,000 records.</summary>
    public void SetFile(ushort file, params ReadOnlySpan<ushort> records)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(records.Length, ModbusLimits.MaxFileRecord + 1, nameof(records));
        lock (_gate)
            _files[file] = records.ToArray();
    }

    /// <summary>Reads bits; false if one of them does not exist.</summary>
    public bool TryGetBits(ModbusTable table, ushort address, Span<bool> values)
    {
        lock (_gate)
            return TryGet(_bits, table, address, values);
    }

    /// <summary>Reads registers; false if one of them does not exist.</summary>
    public bool TryGetRegisters(ModbusTable table, ushort address, Span<ushort> values)
    {
        lock (_gate)
            return TryGet(_registers, table, address, values);
    }

    /// <inheritdoc/>
    public ValueTask<ExceptionCode> ReadBitsAsync(ModbusTable table, ushort address, Memory<bool> bits, CancellationToken cancellationToken) =>
        new(TryGetBits(table, address, bits.Span) ? ExceptionCode.None : ExceptionCode.IllegalDataAddress);

    /// <inheritdoc/>
    public ValueTask<ExceptionCode> ReadRegistersAsync(
        ModbusTable table, ushort address, Memory<ushort> registers, CancellationToken cancellationToken) =>
        new(TryGetRegisters(table, address, registers.Span) ? ExceptionCode.None : ExceptionCode.IllegalDataAddress);

    /// <inheritdoc/>
    public ValueTask<ExceptionCode> WriteCoilsAsync(ushort address, ReadOnlyMemory<bool> values, CancellationToken cancellationToken) =>
        new(Write(_bits, ModbusTable.Coils, address, values.Span));

    /// <inheritdoc/>
    public ValueTask<ExceptionCode> WriteRegistersAsync(ushort address, ReadOnlyMemory<ushort> values, CancellationToken cancellationToken) =>
        new(Write(_registers, ModbusTable.HoldingRegisters, address, values.Span));

    /// <inheritdoc/>
    public ValueTask<ExceptionCode> MaskWriteRegisterAsync(ushort address, ushort andMask, ushort orMask, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_registers.TryGetValue((ModbusTable.HoldingRegisters, address), out var register))
                return new(ExceptionCode.IllegalDataAddress);
            _registers[(ModbusTable.HoldingRegisters, address)] = (ushort)((register & andMask) | (orMask & ~andMask));
        }

        Written?.Invoke(this, new(ModbusTable.HoldingRegisters, address, 1));
        return new(ExceptionCode.None);
    }

    /// <inheritdoc/>
    public ValueTask<(ExceptionCode Code, int Count)> ReadFifoAsync(ushort address, Memory<ushort> registers, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_queues.TryGetValue(address, out var queue))
                return new((ExceptionCode.IllegalDataAddress, 0));
            queue.CopyTo(registers);
            return new((ExceptionCode.None, queue.Length));
        }
    }

    /// <inheritdoc/>
    public ValueTask<ExceptionCode> ReadFileAsync(ushort file, ushort record, Memory<ushort> registers, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_files.TryGetValue(file, out var records) || record + registers.Length > records.Length)
                return new(ExceptionCode.IllegalDataAddress);
            records.AsMemory(record, registers.Length).CopyTo(registers);
            return new(ExceptionCode.None);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ExceptionCode> WriteFileAsync(ushort file, ushort record, ReadOnlyMemory<ushort> values, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_files.TryGetValue(file, out var records) || record + values.Length > records.Length)
                return new(ExceptionCode.IllegalDataAddress);
            values.CopyTo(records.AsMemory(record));
            return new(ExceptionCode.None);
        }
    }

    private ExceptionCode Write<T>(Dictionary<(ModbusTable, ushort), T> items, ModbusTable table, ushort address, ReadOnlySpan<T> values)
    {
        lock (_gate)
        {
            for (var i = 0; i < values.Length; i++)
            {
                if (!items.ContainsKey((table, (ushort)(address + i))))
                    return ExceptionCode.IllegalDataAddress;
            }

            for (var i = 0; i < values.Length; i++)
                items[(table, (ushort)(address + i))] = values[i];
        }

        Written?.Invoke(this, new(table, address, values.Length));
        return ExceptionCode.None;
    }

    private static bool TryGet<T>(Dictionary<(ModbusTable, ushort), T> items, ModbusTable table, ushort address, Span<T> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!items.TryGetValue((table, (ushort)(address + i)), out values[i]!))
                return false;
        }

        return true;
    }

    private static void Check(ModbusTable table, bool holdsBits, ushort address, int count)
    {
        if (table.HoldsBits() != holdsBits)
            throw new ArgumentException($"{table} does not hold {(holdsBits ? "bits" : "registers")}.", nameof(table));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(address + count, ModbusLimits.TableSize, nameof(count));
    }
}
