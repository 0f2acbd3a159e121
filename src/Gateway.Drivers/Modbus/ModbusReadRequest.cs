using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus;

/// <summary>One request of a reader, and the points that its answer holds.</summary>
internal sealed class ModbusReadRequest
{
    private readonly Slot[] _slots;

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

    /// <summary>Reports every point from the line's last answer.</summary>
    public void ReportGood(ModbusLine line, DateTimeOffset time, IReadingSink sink)
    {
        foreach (var slot in _slots)
        {
            var reading = Range.Table.HoldsBits() ? ModbusValue.Decode(slot.Point, line.Bits[slot.Offset..]) : slot.Decode(line.Registers);
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
