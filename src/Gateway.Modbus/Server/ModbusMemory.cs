using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Server;

/// <summary>
/// A unit's tables in memory. Only addresses that were set exist; the others are answered with
/// <see cref="ExceptionCode.IllegalDataAddress"/>. Thread-safe; each call is atomic.
/// </summary>
public sealed class ModbusMemory : IModbusDataStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(ModbusTable Table, ushort Address), bool> _bits = [];
    private readonly Dictionary<(ModbusTable Table, ushort Address), ushort> _registers = [];

    /// <summary>Called after a client has written; on the connection's own task, outside any lock.</summary>
    public event EventHandler<ModbusWrittenEventArgs>? Written;

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
