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
    private IPointReader? _reader;

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
        if (_reader is null)
        {
            return ReadOutcome.Answered;
        }

        _watch.Begin(sink);
        var outcome = await _reader.ReadAsync(_watch, cancellationToken);
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

        _reader = located.Count == 0 ? null : createReader(located);
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
