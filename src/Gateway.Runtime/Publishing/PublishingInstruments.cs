using System.Diagnostics.Metrics;
using Gateway.Storage.Queue;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// What queue and uplinks tell by System.Diagnostics.Metrics, under the meter <c>Gateway.Publishing</c>: their own counts, read when somebody collects.
/// </summary>
internal sealed class PublishingInstruments : IDisposable
{
    private readonly Meter _meter;
    private readonly OfflineQueue _queue;
    private readonly Func<IReadOnlyList<Uplink>> _uplinks;

    /// <param name="meterFactory">Makes the meter; null: it is made as any other.</param>
    /// <param name="queue">The offline queue.</param>
    /// <param name="uplinks">The uplinks.</param>
    /// <param name="timeProvider">The clock that ages are reckoned by.</param>
    public PublishingInstruments(IMeterFactory? meterFactory, OfflineQueue queue, Func<IReadOnlyList<Uplink>> uplinks, TimeProvider timeProvider)
    {
        const string name = "Gateway.Publishing";
        _meter = meterFactory?.Create(new MeterOptions(name)) ?? new Meter(name);
        _queue = queue;
        _uplinks = uplinks;
        Gauge("readings", "{reading}", "Readings that wait for an uplink.", now => now.Depth);
        Gauge("unwritten", "{reading}", "Readings that are in memory alone.", now => now.Unwritten);
        Gauge("parked", "{reading}", "Readings that an uplink's broker did not take, set aside.", now => now.Parked);
        Gauge("size", "By", "What the queue takes on the disk.", now => now.DiskBytes);
        Gauge("used", "By", "What the readings take of the queue's room.", now => now.UsedBytes);
        Gauge("limit", "By", "The queue's room at present.", now => now.LimitBytes);
        Gauge("failing", null, "Whether something is wrong with the queue's disk: 1 or 0.", now => now.Trouble is null ? 0 : 1);
        Counter("taken", "{reading}", "Readings that the queue has taken.", now => now.Appended);
        Counter("delivered", "{reading}", "Readings that all uplinks have acknowledged.", now => now.Acknowledged);
        Counter("written", "By", "What was written to the disk, log and file.", now => now.BytesWritten);
        Counter("commits", "{commit}", "Transactions, each with a sync of the disk.", now => now.Commits);
        _meter.CreateObservableGauge("gateway.queue.age", () => Age(timeProvider.GetUtcNow()), "s", "How long ago the reading that waits longest was acquired; 0 if none waits.");
        _meter.CreateObservableCounter("gateway.queue.dropped", () => queue.GetStatistics().Drops.Select(Describe), "{reading}", "Messages that were lost, by device and reason: readings, or with per: device polls.");
        _meter.CreateObservableUpDownCounter("gateway.uplink.readings", () => queue.Readers.Select(reader => new Measurement<long>(reader.Waiting, Tag("uplink", reader.Name))), "{reading}", "Readings that wait, by uplink.");
        OfUplinks("connected", null, "Whether the connection stands, by uplink: 1 or 0.", status => status.IsConnected ? 1 : 0);
        OfUplinks("in_flight", "{message}", "Messages on their way, by uplink.", status => status.InFlight);
        CounterOfUplinks("published", "Messages that the broker acknowledged, by uplink.", status => status.Published);
        CounterOfUplinks("refused", "Messages that the broker did not take, by uplink.", status => status.Refused);
    }

    /// <summary>Nothing is told any more.</summary>
    public void Dispose() => _meter.Dispose();

    private double Age(DateTimeOffset now) => _queue.GetStatistics().OldestTime is { } oldest && now > oldest ? (now - oldest).TotalSeconds : 0;

    private void Gauge(string name, string? unit, string description, Func<QueueStatistics, long> value) =>
        _meter.CreateObservableUpDownCounter($"gateway.queue.{name}", () => value(_queue.GetStatistics()), unit, description);

    private void Counter(string name, string unit, string description, Func<QueueStatistics, long> value) =>
        _meter.CreateObservableCounter($"gateway.queue.{name}", () => value(_queue.GetStatistics()), unit, description);

    private void OfUplinks(string name, string? unit, string description, Func<UplinkStatus, long> value) =>
        _meter.CreateObservableUpDownCounter($"gateway.uplink.{name}", () => Measure(value), unit, description);

    private void CounterOfUplinks(string name, string description, Func<UplinkStatus, long> value) =>
        _meter.CreateObservableCounter($"gateway.uplink.{name}", () => Measure(value), "{message}", description);

    private IEnumerable<Measurement<long>> Measure(Func<UplinkStatus, long> value) =>
        _uplinks().Select(uplink => uplink.Status).Select(status => new Measurement<long>(value(status), Tag("uplink", status.Name)));

    private static Measurement<long> Describe(QueueDrops drops) => new(drops.Count, Tag("device", drops.Device), Tag("reason", QueueDropStatus.NameOf(drops.Reason)));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
