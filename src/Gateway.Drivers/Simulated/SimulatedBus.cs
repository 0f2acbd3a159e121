using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Simulated;

/// <summary>A bus that computes what its devices show. A point that was written keeps what was written.</summary>
internal sealed class SimulatedBus : IReloadableBus
{
    private readonly TimeProvider _timeProvider;
    private readonly long _started;
    private Dictionary<PointDefinition, SimulatedPoint> _points = [];

    public SimulatedBus(BusDefinition definition, TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        _started = timeProvider.GetTimestamp();
        TakeUp(definition);
    }

    public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) =>
        new Reader(this, [.. points.Select(point => _points[point])]);

    public ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
    {
        _points[point].Written = value;
        return ValueTask.FromResult(WriteOutcome.Done);
    }

    public ValueTask ReloadAsync(BusDefinition definition, CancellationToken cancellationToken)
    {
        TakeUp(definition);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void TakeUp(BusDefinition definition) => _points = definition.Devices
        .SelectMany(device => device.Points)
        .ToDictionary(point => point, point => _points.GetValueOrDefault(point) ?? new SimulatedPoint(point, PointWaveform.Of(point, WaveformKind.Number)));

    private sealed class Reader(SimulatedBus bus, SimulatedPoint[] points) : IPointReader
    {
        public ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
        {
            var elapsed = bus._timeProvider.GetElapsedTime(bus._started);
            var time = bus._timeProvider.GetUtcNow();
            foreach (var point in points)
            {
                sink.Report(Reading.Good(point.Definition, point.At(elapsed), time));
            }

            return ValueTask.FromResult(ReadOutcome.Answered);
        }
    }

    private sealed class SimulatedPoint(PointDefinition definition, Waveform waveform)
    {
        public PointDefinition Definition => definition;

        /// <summary>What a command wrote, raw; null: nothing yet.</summary>
        public PointValue? Written { get; set; }

        public PointValue At(TimeSpan elapsed) => Written ?? PointWaveform.ToRaw(definition, waveform.At(elapsed));
    }
}
