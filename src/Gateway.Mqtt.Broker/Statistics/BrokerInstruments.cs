using System.Diagnostics.Metrics;

namespace Gateway.Mqtt.Broker.Statistics;

/// <summary>What the broker tells by System.Diagnostics.Metrics, under the meter <c>Gateway.Mqtt.Broker</c>: its counters, read when somebody collects.</summary>
internal sealed class BrokerInstruments : IDisposable
{
    private const string MeterName = "Gateway.Mqtt.Broker";

    private readonly Meter _meter;
    private readonly Func<BrokerCounters> _counters;

    /// <param name="meterFactory">Makes the meter; null: it is made as any other.</param>
    /// <param name="counters">The counters as they are now.</param>
    public BrokerInstruments(IMeterFactory? meterFactory, Func<BrokerCounters> counters)
    {
        _meter = meterFactory?.Create(new MeterOptions(MeterName)) ?? new Meter(MeterName);
        _counters = counters;
        Gauge("connections", "{connection}", "Network connections, whether or not their CONNECT has come.", now => now.Connections);
        Gauge("before_connack.size", "By", "What is kept for clients that are not let in yet, in bytes.", now => now.BytesBeforeConnAck);
        Gauge("clients", "{client}", "Clients that were let in and are connected.", now => now.Clients);
        Gauge("sessions", "{session}", "Sessions, with and without a connection.", now => now.Sessions);
        Gauge("subscriptions", "{subscription}", "Subscriptions of all clients.", now => now.Subscriptions);
        Gauge("retained.messages", "{message}", "Retained messages.", now => now.RetainedMessages);
        Gauge("retained.size", "By", "Retained messages in bytes.", now => now.RetainedBytes);
        Gauge("waiting.messages", "{message}", "Messages that wait for clients.", now => now.QueuedMessages);
        Gauge("waiting.size", "By", "Messages that wait for clients, in bytes.", now => now.QueuedBytes);
        Gauge("store.uncommitted", "{change}", "Changes that are not on the disk yet.", now => now.UncommittedChanges);
        Gauge("store.failing", null, "Whether the store fails and the broker works from memory: 1 or 0.", now => now.IsStoreFailing ? 1 : 0);
        Counter("store.commits", "{commit}", "Commits to the disk.", now => now.Commits);
        Counter("store.failures", "{commit}", "Commits to the disk that failed.", now => now.CommitFailures);
        Counter("messages", "{message}", "Messages published to the broker and sent by it, by direction.", "direction", now => [("received", now.MessagesReceived), ("sent", now.MessagesSent)]);
        Counter("packets", "{packet}", "Packets of all types, by direction.", "direction", now => [("received", now.PacketsReceived), ("sent", now.PacketsSent)]);
        Counter("io", "By", "Bytes from and to clients, by direction.", "direction", now => [("received", now.BytesReceived), ("sent", now.BytesSent)]);
        Counter("accepted", "{client}", "Clients that were let in.", now => now.ClientsAccepted);
        Counter("refused", "{client}", "Clients that were not let in, by reason.", "reason", now => [("client", now.ClientsRefused), ("login", now.LoginsFailed), ("too-many", now.ConnectionsRefused), ("no-descriptor", now.AcceptFailures)]);
        Counter("dropped", "{message}", "Messages that did not reach a subscriber, by reason.", "reason", now => [("slow-subscriber", now.DroppedSlowSubscriber), ("queue-full", now.DroppedQueueFull), ("too-large", now.DroppedTooLarge), ("expired", now.DroppedExpired)]);
        Counter("not_retained", "{message}", "Messages that were routed but not retained, since there are too many.", now => now.NotRetained);
        Counter("unauthorized", "{request}", "Messages and subscriptions that the access list refused.", now => now.Unauthorized);
        Counter("protocol_errors", "{connection}", "Connections closed for a malformed packet or a protocol error.", now => now.ProtocolErrors);
        Counter("sessions_expired", "{session}", "Sessions that ended because their client stayed away for too long.", now => now.SessionsExpired);
        Counter("pauses", "{pause}", "Waits of publishers, by reason: they published faster than their rate, waited in vain for a subscriber to catch up, or failed to log in.", "reason", now => [("rate", now.RatePauses), ("slow-subscriber", now.SlowSubscribers), ("login", now.LoginsSlowed)]);
    }

    /// <summary>Nothing is told any more.</summary>
    public void Dispose() => _meter.Dispose();

    private void Gauge(string name, string? unit, string description, Func<BrokerCounters, long> value) =>
        _meter.CreateObservableUpDownCounter($"gateway.broker.{name}", () => value(_counters()), unit, description);

    private void Counter(string name, string unit, string description, Func<BrokerCounters, long> value) =>
        _meter.CreateObservableCounter($"gateway.broker.{name}", () => value(_counters()), unit, description);

    private void Counter(string name, string unit, string description, string label, Func<BrokerCounters, (string Label, long Value)[]> values) =>
        _meter.CreateObservableCounter(
            $"gateway.broker.{name}", () => values(_counters()).Select(each => new Measurement<long>(each.Value, KeyValuePair.Create<string, object?>(label, each.Label))), unit, description);
}
