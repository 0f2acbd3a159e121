using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker;

/// <summary>
/// Keeps what is to outlive the broker: retained messages as they change, sessions when it stops. The broker calls
/// one method at a time.
/// </summary>
public interface IBrokerStore
{
    /// <summary>What was saved last. The broker reads it once, before it listens.</summary>
    ValueTask<BrokerSnapshot> LoadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Saves all changes or none. An exception is logged, and the same topics are offered again with the next
    /// changes: an implementation may see a topic twice.
    /// </summary>
    /// <param name="changes">At most one per topic, in no particular order.</param>
    /// <param name="cancellationToken">Given up only when the broker is disposed without having been stopped.</param>
    ValueTask SaveRetainedAsync(IReadOnlyList<RetainedChange> changes, CancellationToken cancellationToken);

    /// <summary>Replaces all saved sessions.</summary>
    ValueTask SaveSessionsAsync(IReadOnlyList<StoredSession> sessions, CancellationToken cancellationToken);
}

/// <summary>What a store has.</summary>
public sealed record BrokerSnapshot
{
    /// <summary>Nothing.</summary>
    public static BrokerSnapshot Empty { get; } = new();

    /// <summary>At most one per topic.</summary>
    public IReadOnlyList<RetainedMessage> Retained { get; init; } = [];

    /// <summary>At most one per client identifier.</summary>
    public IReadOnlyList<StoredSession> Sessions { get; init; } = [];
}

/// <summary>A retained message.</summary>
/// <param name="Message">With its topic; the payload is not empty.</param>
/// <param name="ExpiresAt">When its Message Expiry Interval has passed; null: never.</param>
public sealed record RetainedMessage(ApplicationMessage Message, DateTimeOffset? ExpiresAt = null);

/// <summary>What became of the retained message of one topic.</summary>
/// <param name="Topic">Topic name.</param>
/// <param name="Message">The message that is there now; null: there is none any more.</param>
public sealed record RetainedChange(string Topic, RetainedMessage? Message);

/// <summary>A session that outlives its connection. MQTT 5.0 §4.1.</summary>
public sealed record StoredSession
{
    /// <summary>Client identifier.</summary>
    public required string ClientId { get; init; }

    /// <summary>As authenticated; null for an anonymous client.</summary>
    public string? UserName { get; init; }

    /// <summary>Session Expiry Interval, seconds; 0xFFFFFFFF: never.</summary>
    public required uint ExpiryInterval { get; init; }

    /// <summary>From when the interval counts.</summary>
    public required DateTimeOffset DisconnectedAt { get; init; }

    /// <summary>A Will that waits for its Will Delay Interval; null: none.</summary>
    public WillMessage? Will { get; init; }

    /// <summary>Its subscriptions, with their Subscription Identifiers (null: none).</summary>
    public IReadOnlyList<(Subscription Subscription, uint? Identifier)> Subscriptions { get; init; } = [];

    /// <summary>First those that were sent, in the order of sending, then those that wait.</summary>
    public IReadOnlyList<StoredDelivery> Deliveries { get; init; } = [];

    /// <summary>Packet Identifiers of the QoS 2 messages received from the client and not yet released.</summary>
    public IReadOnlyList<ushort> IncomingIdentifiers { get; init; } = [];
}

/// <summary>A message on its way to a client.</summary>
public sealed record StoredDelivery
{
    /// <summary>Null when the client has it and only the release (PUBREL) is to be confirmed.</summary>
    public RetainedMessage? Message { get; init; }

    /// <summary>The QoS at which it is delivered.</summary>
    public QualityOfService QoS { get; init; }

    /// <summary>The RETAIN flag with which it is delivered.</summary>
    public bool Retain { get; init; }

    /// <summary>0 when it was not sent yet.</summary>
    public ushort PacketIdentifier { get; init; }

    /// <summary>Subscription Identifiers of the subscriptions it matched.</summary>
    public IReadOnlyList<uint> SubscriptionIdentifiers { get; init; } = [];
}
