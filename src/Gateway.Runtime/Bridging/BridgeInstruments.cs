using System.Diagnostics.Metrics;

namespace Gateway.Runtime.Bridging;

/// <summary>What the bridge tells by System.Diagnostics.Metrics, under the meter <c>Gateway.Bridging</c>: its status, read when somebody collects.</summary>
internal sealed class BridgeInstruments : IDisposable
{
    private readonly Meter _meter;
    private readonly Func<BridgeStatus> _status;

    /// <param name="meterFactory">Makes the meter; null: it is made as any other.</param>
    /// <param name="status">How the bridge is now.</param>
    public BridgeInstruments(IMeterFactory? meterFactory, Func<BridgeStatus> status)
    {
        const string name = "Gateway.Bridging";
        _meter = meterFactory?.Create(new MeterOptions(name)) ?? new Meter(name);
        _status = status;
        Gauge("connected", null, "Whether the connection stands: 1 or 0.", now => now.Connection.IsConnected ? 1 : 0);
        Gauge("waiting", "{message}", "Messages that wait to go out.", now => now.Queue.Depth);
        Gauge("size", "By", "What they take on the disk.", now => now.Queue.Bytes);
        Gauge("parked", "{message}", "Messages that the upstream broker did not take, set aside.", now => now.Queue.Parked);
        _meter.CreateObservableCounter("gateway.bridge.messages", Messages, "{message}", "Messages that were passed on, by direction: out or in.");
        Counter("refused", "Messages that the upstream broker did not take.", now => now.Connection.Refused);
        Counter("dropped", "Messages that waited in vain.", now => now.Queue.Dropped);
        Counter("not_queued", "Messages that did not go out: of QoS 0 entries while the upstream broker was away, and such as are too large.", now => now.NotQueued);
        Counter("looped", "Messages that had been here before.", now => now.Looped);
    }

    /// <summary>Nothing is told any more.</summary>
    public void Dispose() => _meter.Dispose();

    private Measurement<long>[] Messages()
    {
        var now = _status();
        return
        [
            new(now.Connection.Published, new KeyValuePair<string, object?>("direction", "out")),
            new(now.Received, new KeyValuePair<string, object?>("direction", "in")),
        ];
    }

    private void Gauge(string name, string? unit, string description, Func<BridgeStatus, long> value) =>
        _meter.CreateObservableUpDownCounter($"gateway.bridge.{name}", () => value(_status()), unit, description);

    private void Counter(string name, string description, Func<BridgeStatus, long> value) =>
        _meter.CreateObservableCounter($"gateway.bridge.{name}", () => value(_status()), "{message}", description);
}
