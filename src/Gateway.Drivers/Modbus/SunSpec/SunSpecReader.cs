using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Modbus.SunSpec;

/// <summary>
/// Reads some points of a device whose models must be found first. They are looked for again once the device did not answer, or once
/// something else stands where a model stood.
/// </summary>
/// <param name="unit">Finds the models; shared by the device's readers.</param>
/// <param name="device">The device.</param>
/// <param name="points">The points.</param>
/// <param name="createReader">Makes the reader of points whose places are known.</param>
/// <param name="timeProvider">The clock of time stamps.</param>
internal sealed class SunSpecReader(
    SunSpecUnit unit, ModbusDevice device, IReadOnlyList<PointDefinition> points, Func<IReadOnlyList<ModbusPoint>, IPointReader> createReader, TimeProvider timeProvider) : IPointReader
{
    private readonly Watch _watch = new();
    private readonly List<PointDefinition> _missing = [];
    private SunSpecChain? _chain;
    private readonly List<(IPointReader Reader, IReadOnlyList<PointDefinition> Points)> _readers = [];

    public async ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
    {
        if (unit.Chain is null && await unit.LocateAsync(cancellationToken) is { } fault)
        {
            var reason = fault.IsSuccess || fault.IsRangeRefused ? ModbusReasons.NoSunSpec : fault.Reason;
            Report(points, reason, sink);
            return fault.LineFault is not null ? new ReadOutcome(ReadStatus.BusFailed, reason)
                : fault.IsFromDevice ? ReadOutcome.Answered
                : new ReadOutcome(ReadStatus.NoAnswer, reason);
        }

        if (!ReferenceEquals(_chain, unit.Chain))
        {
            Prepare(unit.Chain!);
        }

        Report(_missing, ModbusReasons.NotImplemented, sink);
        if (_readers.Count == 0)
        {
            return ReadOutcome.Answered;
        }

        _watch.Begin(sink);
        var outcome = ReadOutcome.Answered;
        foreach (var (reader, theirs) in _readers)
        {
            if (outcome.Status == ReadStatus.Answered)
            {
                outcome = await reader.ReadAsync(_watch, cancellationToken);
            }
            else
            {
                Report(theirs, outcome.Reason!, sink);
            }
        }

        if (outcome.Status != ReadStatus.Answered || _watch.HasMoved)
        {
            unit.Forget();
        }

        return outcome;
    }

    private void Prepare(SunSpecChain chain)
    {
        _chain = chain;
        _missing.Clear();
        var located = new List<ModbusPoint>();
        foreach (var point in points)
        {
            if (device.Locate(point, chain) is { } found)
            {
                located.Add(found);
            }
            else
            {
                _missing.Add(point);
            }
        }

        _readers.Clear();
        if (located.Where(point => point.Apart.Count == 0).ToList() is { Count: > 0 } near)
        {
            _readers.Add((createReader(near), [.. near.Select(point => point.Definition)]));
        }

        foreach (var far in located.Where(point => point.Apart.Count > 0).GroupBy(point => (int)point.Apart[0].Address))
        {
            var model = chain.Models.First(model => model.Address == far.Key);
            _readers.Add((new SunSpecFarReader(unit, model, device, [.. far], createReader, timeProvider), [.. far.Select(point => point.Definition)]));
        }
    }

    private void Report(IEnumerable<PointDefinition> missing, string reason, IReadingSink sink)
    {
        var time = timeProvider.GetUtcNow();
        foreach (var point in missing)
        {
            sink.Report(Reading.Bad(point, reason, time));
        }
    }

    /// <summary>Passes readings on, and notes what speaks against the models being where they were.</summary>
    private sealed class Watch : IReadingSink
    {
        private IReadingSink _sink = null!;
        private bool _isElsewhere;
        private bool _hasValue;

        // A device that refuses everything may have its models elsewhere by now; one that refuses something just does so.
        public bool HasMoved => _isElsewhere || !_hasValue;

        public void Begin(IReadingSink sink) => (_sink, _isElsewhere, _hasValue) = (sink, false, false);

        public void Report(in Reading reading)
        {
            _isElsewhere |= reading.Reason == ModbusReasons.ModelMoved;
            _hasValue |= reading.Quality == Quality.Good || reading.Reason == ModbusReasons.NotAvailable;
            _sink.Report(reading);
        }
    }
}
