using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus.SunSpec;

/// <summary>
/// Reads points of one model that are too far from its id and its scale factors to be read with them: at each read those first, then the values.
/// </summary>
/// <param name="unit">Reads what is apart.</param>
/// <param name="model">The model.</param>
/// <param name="device">The device.</param>
/// <param name="points">Points of the model.</param>
/// <param name="createReader">Makes the reader of the values.</param>
/// <param name="timeProvider">The clock of time stamps.</param>
internal sealed class SunSpecFarReader(
    SunSpecUnit unit, SunSpecInstance model, ModbusDevice device, IReadOnlyList<ModbusPoint> points, Func<IReadOnlyList<ModbusPoint>, IPointReader> createReader, TimeProvider timeProvider)
    : IPointReader
{
    private readonly IReadOnlyList<ReadRange> _apart = ReadPlan.Create([.. points.SelectMany(point => point.Apart).Distinct()], device.Limits).Requests;
    private readonly Dictionary<int, ushort> _registers = [];
    private readonly List<ModbusPoint> _unscaled = [];
    private IReadOnlyList<int?> _powers = [];
    private IPointReader? _reader;

    public async ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
    {
        foreach (var range in _apart)
        {
            var answer = await unit.ReadAsync(range, cancellationToken);
            if (!answer.IsSuccess)
            {
                Report(points, answer.Reason, sink);
                return answer.LineFault is not null ? new ReadOutcome(ReadStatus.BusFailed, answer.Reason)
                    : answer.IsFromDevice ? ReadOutcome.Answered
                    : new ReadOutcome(ReadStatus.NoAnswer, answer.Reason);
            }

            for (var i = 0; i < range.Count; i++)
            {
                _registers[range.Address + i] = unit.Registers[i];
            }
        }

        if (_registers[model.Address] != model.Id)
        {
            Report(points, ModbusReasons.ModelMoved, sink);
            return ReadOutcome.Answered;
        }

        Prepare();
        Report(_unscaled, ModbusReasons.NotAvailable, sink);
        return _reader is null ? ReadOutcome.Answered : await _reader.ReadAsync(sink, cancellationToken);
    }

    // Devices change their scale factors seldom; then the values are read by new ones.
    private void Prepare()
    {
        var powers = points.Select(PowerOf).ToList();
        if (_powers.SequenceEqual(powers))
        {
            return;
        }

        _powers = powers;
        _unscaled.Clear();
        _unscaled.AddRange(points.Where((_, i) => powers[i] is null));
        var scaled = points.Zip(powers).Where(pair => pair.Second is not null).Select(pair => pair.First with { Power = pair.Second!.Value }).ToList();
        _reader = scaled.Count == 0 ? null : createReader(scaled);
    }

    private int? PowerOf(ModbusPoint point) =>
        point.ScaleRegister is not { } register ? 0 : ModbusValue.TryGetPower(point, _registers[register], out var power) ? power : null;

    private void Report(IEnumerable<ModbusPoint> missing, string reason, IReadingSink sink)
    {
        var time = timeProvider.GetUtcNow();
        foreach (var point in missing)
        {
            sink.Report(Reading.Bad(point.Definition, reason, time));
        }
    }
}
