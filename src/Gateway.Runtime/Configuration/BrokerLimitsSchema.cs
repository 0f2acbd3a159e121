using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.Mqtt.Broker;

namespace Gateway.Runtime.Configuration;

/// <summary>The keys of <c>broker.limits</c>, each beside what it sets. A key that is left out keeps the broker's own default.</summary>
internal static class BrokerLimitsSchema
{
    private const long Gigabyte = 1_000_000_000;
    private const long Day = 86_400;

    private static readonly (KeySchema Key, Func<BrokerLimits, object, BrokerLimits> Apply)[] Limits =
    [
        Count("connections", 1, 1_000_000, "Network connections at a time; further ones are closed.", (limits, value) => limits with { Connections = value }),
        Count("connections-per-address", 1, 1_000_000, "The same from one address.", (limits, value) => limits with { ConnectionsPerAddress = value }),
        Count("connect-rate", 0, 1_000_000, "Clients that may connect in a second, in the long run; 0 is no limit.", (limits, value) => limits with { ConnectRate = value }),
        Count("connect-rate-per-address", 0, 1_000_000, "The same from one address.", (limits, value) => limits with { ConnectRatePerAddress = value }),
        Duration("connect-timeout", 0.1m, 3600, "The time a connection has until its client has connected.", (limits, value) => limits with { ConnectTimeout = value }),
        Duration("login-delay", 0, 3600, "The longest pause after failed log-ins from an address; 0 s is none.", (limits, value) => limits with { LoginDelay = value }),
        Duration("keep-alive", 1, ushort.MaxValue, "The longest Keep Alive of an MQTT 5 client.", (limits, value) => limits with { KeepAliveSeconds = (ushort)value.TotalSeconds }),
        Size("packet-size", 1024, 200_000_000, "One packet of a client.", (limits, value) => limits with { PacketSize = (int)value }),
        Size("topic-length", 1, ushort.MaxValue, "A topic name or filter.", (limits, value) => limits with { TopicLength = (int)value }),
        Count("topic-levels", 1, 512, "The levels of a topic name or filter.", (limits, value) => limits with { TopicLevels = value }),
        Size("client-id-length", 23, ushort.MaxValue, "A client identifier.", (limits, value) => limits with { ClientIdLength = (int)value }),
        Count("topic-aliases", 0, ushort.MaxValue, "Topic aliases of a connection in each direction.", (limits, value) => limits with { TopicAliases = (ushort)value }),
        Count("receive-maximum", 1, ushort.MaxValue, "Messages of QoS 1 and 2 that a client may have unacknowledged by the broker.", (limits, value) => limits with { ReceiveMaximum = (ushort)value }),
        Count("in-flight", 1, ushort.MaxValue, "Messages of QoS 1 and 2 that a client may leave unacknowledged.", (limits, value) => limits with { InFlight = (ushort)value }),
        Count("message-rate", 0, 10_000_000, "Messages a client may publish in a second, in the long run; what is beyond waits in its connection; 0 is no limit.", (limits, value) => limits with { MessageRate = value }),
        Count("subscriptions", 1, 10_000_000, "Subscriptions of a client.", (limits, value) => limits with { Subscriptions = value }),
        Count("sessions", 1, 10_000_000, "Sessions of clients, here or away.", (limits, value) => limits with { Sessions = value }),
        Duration("session-expiry", 0, 3650 * Day, "The longest that a session waits for its client.", (limits, value) => limits with { SessionExpiry = value }),
        Count("queued-messages", 0, 100_000_000, "Messages that wait for one client.", (limits, value) => limits with { QueuedMessages = value }),
        Size("queued-size", 0, 100 * Gigabyte, "The same in bytes.", (limits, value) => limits with { QueuedBytes = value }),
        Count("all-queued-messages", 0, 1_000_000_000, "Messages that wait for all clients together.", (limits, value) => limits with { AllQueuedMessages = value }),
        Size("all-queued-size", 0, 100 * Gigabyte, "The same in bytes.", (limits, value) => limits with { AllQueuedBytes = value }),
        Size("unsent-size", 4096, 500_000_000, "What may wait for the socket of one connection.", (limits, value) => limits with { UnsentBytes = (int)value }),
        Count("retained-messages", 0, 100_000_000, "Retained messages.", (limits, value) => limits with { RetainedMessages = value }),
        Size("retained-size", 0, 100 * Gigabyte, "The same in bytes.", (limits, value) => limits with { RetainedBytes = value }),
    ];

    /// <summary>What the section may say.</summary>
    public static SectionSchema Schema { get; } = new() { Name = "broker limits", Keys = [.. Limits.Select(limit => limit.Key)] };

    /// <summary>What it says.</summary>
    public static BrokerLimits Read(Settings settings) => Limits.Aggregate(
        new BrokerLimits(), (limits, limit) => settings.TryGet<object>(limit.Key.Name, out var value) ? limit.Apply(limits, value) : limits);

    private static (KeySchema Key, Func<BrokerLimits, object, BrokerLimits> Apply) Count(
        string name, decimal least, decimal most, string description, Func<BrokerLimits, int, BrokerLimits> apply)
        => (Key(name, KeyType.Integer, least, most, description, "100"), (limits, value) => apply(limits, (int)(long)value));

    private static (KeySchema Key, Func<BrokerLimits, object, BrokerLimits> Apply) Size(
        string name, decimal least, decimal most, string description, Func<BrokerLimits, long, BrokerLimits> apply)
        => (Key(name, KeyType.Size, least, most, description, "10 MB"), (limits, value) => apply(limits, (long)value));

    private static (KeySchema Key, Func<BrokerLimits, object, BrokerLimits> Apply) Duration(
        string name, decimal least, decimal most, string description, Func<BrokerLimits, TimeSpan, BrokerLimits> apply)
        => (Key(name, KeyType.Duration, least, most, description, "10 s"), (limits, value) => apply(limits, (TimeSpan)value));

    private static KeySchema Key(string name, KeyType type, decimal least, decimal most, string description, string example)
        => new() { Name = name, Type = type, Minimum = least, Maximum = most, Description = description, Example = example };
}
