using Gateway.Abstractions;
using Gateway.Drivers.Simulated;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Gateway.Modbus.Values;

namespace Gateway.Drivers.Modbus;

/// <summary>
/// The tables of one simulated unit. A table reaches from 0 to the last address that a point needs; where no point is,
/// it shows 0; beyond it, exception 2 answers. What a client writes stays. Thread-safe.
/// </summary>
internal sealed class SimulatedUnit : IModbusDataStore
{
    private const int MaxRegistersOfPoint = ModbusLimits.MaxReadRegisters;

    private readonly TimeProvider _timeProvider;
    private readonly long _started;
    private readonly Dictionary<ModbusTable, Table> _tables;
    private readonly Lock _gate = new();

    /// <param name="points">The points of all devices with this unit id.</param>
    /// <param name="timeProvider">The clock of the waveforms.</param>
    /// <param name="constants">Holding registers that always show the same, until a client writes them.</param>
    /// <param name="options">A recording that goes before the waveforms, and noise.</param>
    public SimulatedUnit(
        IEnumerable<ModbusPoint> points, TimeProvider timeProvider, IEnumerable<(ushort Address, ushort Value)> constants, SimulationOptions options)
    {
        _timeProvider = timeProvider;
        _started = timeProvider.GetTimestamp();
        _tables = points.GroupBy(point => point.Place.Table).ToDictionary(table => table.Key, table => new Table(table, options));
        foreach (var (address, value) in constants)
        {
            _tables[ModbusTable.HoldingRegisters].Set(address, value);
        }
    }

    public ValueTask<ExceptionCode> ReadBitsAsync(ModbusTable table, ushort address, Memory<bool> bits, CancellationToken cancellationToken)
    {
        if (!TryGetTable(table, address, bits.Length, out var found))
        {
            return new(ExceptionCode.IllegalDataAddress);
        }

        var elapsed = _timeProvider.GetElapsedTime(_started);
        lock (_gate)
        {
            bits.Span.Clear();
            foreach (var (point, waveform) in found.Between(address, bits.Length))
            {
                ModbusValue.TryGetBit(waveform.At(elapsed), out var bit);
                bits.Span[Math.Max(0, point.Place.Address - address)..Math.Min(bits.Length, point.Place.End - address)].Fill(bit);
            }

            for (var i = 0; i < bits.Length; i++)
            {
                bits.Span[i] = found.Written.TryGetValue((ushort)(address + i), out var written) ? written != 0 : bits.Span[i];
            }
        }

        return new(ExceptionCode.None);
    }

    public ValueTask<ExceptionCode> ReadRegistersAsync(ModbusTable table, ushort address, Memory<ushort> registers, CancellationToken cancellationToken)
    {
        if (!TryGetTable(table, address, registers.Length, out var found))
        {
            return new(ExceptionCode.IllegalDataAddress);
        }

        lock (_gate)
        {
            Compose(found, address, registers.Span, _timeProvider.GetElapsedTime(_started));
        }

        return new(ExceptionCode.None);
    }

    public ValueTask<ExceptionCode> WriteCoilsAsync(ushort address, ReadOnlyMemory<bool> values, CancellationToken cancellationToken)
    {
        if (!TryGetTable(ModbusTable.Coils, address, values.Length, out var table))
        {
            return new(ExceptionCode.IllegalDataAddress);
        }

        lock (_gate)
        {
            for (var i = 0; i < values.Length; i++)
            {
                table.Written[(ushort)(address + i)] = values.Span[i] ? (ushort)1 : (ushort)0;
            }
        }

        return new(ExceptionCode.None);
    }

    public ValueTask<ExceptionCode> WriteRegistersAsync(ushort address, ReadOnlyMemory<ushort> values, CancellationToken cancellationToken)
    {
        if (!TryGetTable(ModbusTable.HoldingRegisters, address, values.Length, out var table))
        {
            return new(ExceptionCode.IllegalDataAddress);
        }

        lock (_gate)
        {
            for (var i = 0; i < values.Length; i++)
            {
                table.Written[(ushort)(address + i)] = values.Span[i];
            }
        }

        return new(ExceptionCode.None);
    }

    private void Compose(Table table, ushort address, Span<ushort> registers, TimeSpan elapsed)
    {
        Span<ushort> own = stackalloc ushort[MaxRegistersOfPoint];
        registers.Clear();
        foreach (var (point, waveform) in table.Between(address, registers.Length))
        {
            // A point may begin before the range or end behind it: only what lies within is shown.
            var start = Math.Max(point.Place.Address, address);
            var end = Math.Min(point.Place.End, address + registers.Length);
            registers[(start - address)..(end - address)].CopyTo(own[(start - point.Place.Address)..]);
            Encode(point, PointWaveform.ToRaw(point.Definition, waveform.At(elapsed)), own[..point.Place.Count]);
            own[(start - point.Place.Address)..(end - point.Place.Address)].CopyTo(registers[(start - address)..]);
        }

        for (var i = 0; i < registers.Length; i++)
        {
            if (table.Written.TryGetValue((ushort)(address + i), out var written))
            {
                registers[i] = written;
            }
        }
    }

    // A waveform may leave its type's range: the device shows the nearest that it can.
    private void Encode(ModbusPoint point, PointValue raw, Span<ushort> registers)
    {
        if (point.Content == ModbusContent.Time)
        {
            raw = PointValue.From(_timeProvider.GetUtcNow().ToString("O"));
        }

        var each = registers.Length / point.Count;
        for (var i = 0; i < point.Count; i++)
        {
            EncodeOne(point, raw, registers.Slice(i * each, each));
        }
    }

    private static void EncodeOne(ModbusPoint point, PointValue raw, Span<ushort> registers)
    {
        if (raw.TryGetNumber(out var number))
        {
            raw = point switch
            {
                { Content: ModbusContent.Number } when !point.Type.IsFloat() => PointValue.From(Math.Clamp(decimal.Round(number), point.Type.Minimum(), point.Type.Maximum())),
                { Content: ModbusContent.Field, Field: { Kind: not FieldKind.Flag, Width: var width } } => PointValue.From(Math.Clamp(decimal.Round(number), 0, (1UL << (width - 1)) - 1)),
                _ => raw,
            };
        }

        if (ModbusValue.Encode(point, raw, 0, registers) is not null && point.Content != ModbusContent.Field)
        {
            registers.Clear();
        }
    }

    private bool TryGetTable(ModbusTable table, ushort address, int count, out Table found) =>
        _tables.TryGetValue(table, out found!) && address + count <= found.End;

    private sealed class Table
    {
        private readonly (ModbusPoint Point, Waveform Waveform)[] _points;

        public Table(IEnumerable<ModbusPoint> points, SimulationOptions options)
        {
            _points = [.. points.Select(point => (point, options.WaveformOf(point.Definition, KindOf(point))))];
            End = _points.Max(point => point.Point.Range.End);
        }

        /// <summary>The address behind the last.</summary>
        public int End { get; private set; }

        /// <summary>What clients wrote, by address; never more than the table has.</summary>
        public Dictionary<ushort, ushort> Written { get; } = [];

        public void Set(ushort address, ushort value)
        {
            Written[address] = value;
            End = Math.Max(End, address + 1);
        }

        public IEnumerable<(ModbusPoint Point, Waveform Waveform)> Between(ushort address, int count) =>
            _points.Where(point => point.Point.Place.Address < address + count && point.Point.Place.End > address);

        private static WaveformKind KindOf(ModbusPoint point) => point.Content switch
        {
            ModbusContent.Number or ModbusContent.Time => WaveformKind.Number,
            ModbusContent.Field when point.Field.Kind != FieldKind.Flag => WaveformKind.Number,
            ModbusContent.Text or ModbusContent.Address => WaveformKind.Text,
            _ => WaveformKind.Boolean,
        };
    }
}
