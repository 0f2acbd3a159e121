using System.Diagnostics.Metrics;
using Gateway.Runtime.Mapping;

namespace Gateway.Runtime.Polling;

/// <summary>
/// What buses and devices tell by System.Diagnostics.Metrics, under the meter <c>Gateway.Polling</c>. Counts are kept by their owners and read when
/// somebody collects, so that what the maps no longer have is no longer told. Thread-safe.
/// </summary>
internal sealed class PollingInstruments : IDisposable
{
    // From a timer's accuracy to the longest periods at which people wonder.
    private static readonly InstrumentAdvice<double> Buckets = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };

    private readonly Meter _meter;
    private readonly Histogram<double> _lateness;
    private readonly Histogram<double> _duration;

    /// <param name="meterFactory">Makes the meter; null: it is made as any other.</param>
    /// <param name="pollers">The buses that are polled now.</param>
    /// <param name="pipeline">Knows the devices' states.</param>
    public PollingInstruments(IMeterFactory? meterFactory, Func<IReadOnlyList<BusPoller>> pollers, MeasurementPipeline pipeline)
    {
        const string name = "Gateway.Polling";
        _meter = meterFactory?.Create(new MeterOptions(name)) ?? new Meter(name);
        _lateness = _meter.CreateHistogram("gateway.bus.lateness", "s", "How long after they were due reads began, by bus.", null, Buckets);
        _duration = _meter.CreateHistogram("gateway.bus.read.duration", "s", "How long reads of a device took, by bus.", null, Buckets);
        _meter.CreateObservableGauge("gateway.bus.utilisation", () => pollers().Select(bus => Of(bus.Statistics.Utilisation, bus)), "1", "Share of the last minute in which the bus was busy, by bus.");
        _meter.CreateObservableGauge("gateway.bus.healthy", () => pollers().Select(bus => Of(bus.IsHealthy ? 1L : 0, bus)), null, "Whether the poll loop makes progress, by bus: 1 or 0.");
        _meter.CreateObservableCounter("gateway.bus.reads", () => pollers().SelectMany(Reads), "{read}", "Reads, by bus and outcome: answered, failed, or missed since the bus could not keep up.");
        _meter.CreateObservableCounter("gateway.bus.writes", () => pollers().Select(bus => Of(bus.Statistics.Writes, bus)), "{write}", "Writes that were carried out or refused, by bus.");
        _meter.CreateObservableGauge("gateway.device.online", () => OfDevices(pollers(), device => pipeline.StateOf(device) is { } state ? state.IsOnline ? 1 : 0 : null), null, "Whether the last read was answered, by bus and device: 1 or 0; not there before the first.");
        _meter.CreateObservableCounter("gateway.device.suppressed", () => OfDevices(pollers(), device => pipeline.SuppressedOf(device)), "{value}", "Implausible values that were not published, by bus and device.");
        _meter.CreateObservableCounter("gateway.device.resets", () => OfDevices(pollers(), device => pipeline.ResetsOf(device)), "{reset}", "Times that a meter began anew, by bus and device.");
        _meter.CreateObservableCounter("gateway.device.errors", () => pollers().SelectMany(Errors), "{request}", "Requests that failed, by bus, device and reason; those that a repeat made good included.");
    }

    /// <summary>A read begins that was due so long ago.</summary>
    public void AddLateness(TimeSpan lateness, string bus) => _lateness.Record(lateness.TotalSeconds, Tag("bus", bus));

    /// <summary>A read has taken so long.</summary>
    public void AddDuration(TimeSpan duration, string bus) => _duration.Record(duration.TotalSeconds, Tag("bus", bus));

    /// <summary>Nothing is told any more.</summary>
    public void Dispose() => _meter.Dispose();

    private static Measurement<long>[] Reads(BusPoller bus)
    {
        var statistics = bus.Statistics;
        return
        [
            Of(statistics.Polls, bus, Tag("outcome", "answered")),
            Of(statistics.Failures, bus, Tag("outcome", "failed")),
            Of(statistics.Missed, bus, Tag("outcome", "missed")),
        ];
    }

    private static IEnumerable<Measurement<long>> Errors(BusPoller bus) =>
        from device in bus.Definition.Devices
        from error in bus.Errors.Of(device.Name)
        select Of(error.Value, bus, Tag("device", device.Name), Tag("reason", error.Key));

    private static IEnumerable<Measurement<long>> OfDevices(IReadOnlyList<BusPoller> pollers, Func<string, long?> value) =>
        from bus in pollers
        from device in bus.Definition.Devices
        let now = value(device.Name)
        where now is not null
        select Of(now.Value, bus, Tag("device", device.Name));

    private static Measurement<T> Of<T>(T value, BusPoller bus, params KeyValuePair<string, object?>[] more)
        where T : struct => new(value, [Tag("bus", bus.Definition.Name), .. more]);

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
