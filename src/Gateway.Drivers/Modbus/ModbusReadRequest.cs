using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus;

/// <summary>One request of a reader, and the points that its answer holds.</summary>
internal sealed class ModbusReadRequest
{
    private readonly Slot[] _slots;
    private ModbusBuffer? _buffer;
    private ValueTask<ModbusAnswer> _answer;

    /// <param name="range">What is read.</param>
    /// <param name="points">The points within, in order of their addresses. At least one.</param>
    public ModbusReadRequest(ReadRange range, IEnumerable<ModbusPoint> points)
    {
        Range = range;
        _slots = [.. points.Select(point => new Slot(point, point.Range.Address - range.Address))];
    }

    public ReadRange Range { get; }

    /// <summary>Whether a smaller request could still serve some of the points.</summary>
    public bool CanSplit => _slots.Any(slot => slot.Point.Range != _slots[0].Point.Range);

    /// <summary>The requests that plans make of the points, one plan for each half of them.</summary>
    public IEnumerable<ModbusReadRequest> Split()
    {
        // Points that share their registers stay together: apart they would be refused alike.
        var ranges = _slots.Select(slot => slot.Point.Range).Distinct().ToList();
        var first = ranges.Take(ranges.Count / 2).ToHashSet();
        foreach (var half in _slots.Select(slot => slot.Point).GroupBy(point => first.Contains(point.Range)))
        {
            var points = half.ToList();
            var start = points.Min(point => point.Range.Address);
            yield return new ModbusReadRequest(Range with { Address = start, Count = points.Max(point => point.Range.End) - start }, points);
        }
    }

    /// <summary>Whether the request was sent and its end is yet to be taken.</summary>
    public bool IsUnderWay => _buffer is not null;

    /// <summary>Sends the request; false if as many are under way as the map allows.</summary>
    public bool TryBegin(ModbusLine line, ModbusDevice device, bool mayRepeat, CancellationToken cancellationToken)
    {
        _buffer = line.TryTakeBuffer();
        if (_buffer is null)
        {
            return false;
        }

#pragma warning disable CA2012 // Consumed once: TakeAnswer leaves nothing behind.
        _answer = line.ReadAsync(device, Range, _buffer, mayRepeat, cancellationToken);
#pragma warning restore CA2012
        return true;
    }

    /// <summary>How the request that is under way ends. Once; then its points are reported, and <see cref="End"/> called.</summary>
    public ValueTask<ModbusAnswer> TakeAnswer()
    {
        var answer = _answer;
        _answer = default;
        return answer;
    }

    /// <summary>The answer's registers are not needed any more.</summary>
    public void End(ModbusLine line)
    {
        line.GiveBack(_buffer!);
        _buffer = null;
    }

    /// <summary>When the answer that is under way came, UTC.</summary>
    public DateTimeOffset Time => _buffer!.Time;

    /// <summary>Reports every point from the answer.</summary>
    public void ReportGood(IReadingSink sink)
    {
        var (registers, bits, time) = (_buffer!.Registers, _buffer.Bits, _buffer.Time);
        foreach (var slot in _slots)
        {
            var reading = Range.Table.HoldsBits() ? ModbusValue.Decode(slot.Point, bits.AsSpan(slot.Offset)) : slot.Decode(registers);
            sink.Report(reading.At(slot.Point.Definition, time));
        }
    }

    /// <summary>Reports every point as failed.</summary>
    public void ReportBad(string reason, DateTimeOffset time, IReadingSink sink)
    {
        foreach (var slot in _slots)
        {
            sink.Report(Reading.Bad(slot.Point.Definition, reason, time));
        }
    }

    /// <summary>Where a point's registers lie in the answer. Keeps the last value that is an object, so that one which stays costs no garbage.</summary>
    private sealed class Slot(ModbusPoint point, int offset)
    {
        private readonly ushort[]? _lastRegisters =
            point.Count > 1 || point.Content is ModbusContent.Text or ModbusContent.Time or ModbusContent.Address ? new ushort[point.Range.Count] : null;

        private ModbusReading? _last;

        public ModbusPoint Point => point;

        public int Offset => offset;

        public ModbusReading Decode(ReadOnlySpan<ushort> answer)
        {
            var registers = answer.Slice(offset, point.Range.Count);
            if (_lastRegisters is null)
            {
                return ModbusValue.Decode(point, registers);
            }

            if (_last is null || !registers.SequenceEqual(_lastRegisters))
            {
                registers.CopyTo(_lastRegisters);
                _last = ModbusValue.Decode(point, registers);
            }

            return _last.Value;
        }
    }
}
