using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker;

/// <summary>Rows of a store. What a row encodes is an MQTT 5.0 packet: a format that is written down.</summary>
public sealed record BrokerRows
{
    /// <summary>None.</summary>
    public static BrokerRows Empty { get; } = new();

    /// <summary>Sessions that outlive their connection.</summary>
    public IReadOnlyList<SessionRow> Sessions { get; init; } = [];

    /// <summary>Their subscriptions.</summary>
    public IReadOnlyList<SubscriptionRow> Subscriptions { get; init; } = [];

    /// <summary>The QoS 2 messages which they received and did not release yet.</summary>
    public IReadOnlyList<IncomingRow> Incoming { get; init; } = [];

    /// <summary>The messages on the way to them, each once.</summary>
    public IReadOnlyList<MessageRow> Messages { get; init; } = [];

    /// <summary>Who gets which message. A store loads them ordered by session and number.</summary>
    public IReadOnlyList<DeliveryRow> Deliveries { get; init; } = [];

    /// <summary>Retained messages.</summary>
    public IReadOnlyList<RetainedRow> Retained { get; init; } = [];

    /// <summary>How many rows there are in all.</summary>
    public int Count => Sessions.Count + Subscriptions.Count + Incoming.Count + Messages.Count + Deliveries.Count + Retained.Count;
}

/// <summary>A session that outlives its connection. MQTT 5.0 §4.1.</summary>
/// <param name="Id">Its key, 1 or more, never used for another session.</param>
/// <param name="ClientId">Client Identifier; no two sessions have the same.</param>
/// <param name="DisconnectedAt">From when its expiry counts; null: its client is connected.</param>
/// <param name="Connect">A CONNECT packet with its user name, its Session Expiry Interval and its Will.</param>
public sealed record SessionRow(long Id, string ClientId, DateTimeOffset? DisconnectedAt, ReadOnlyMemory<byte> Connect);

/// <summary>A subscription; the key is session and filter.</summary>
/// <param name="SessionId">Whose it is.</param>
/// <param name="TopicFilter">As the client wrote it.</param>
/// <param name="Subscribe">A SUBSCRIBE packet with its options and its Subscription Identifier.</param>
public sealed record SubscriptionRow(long SessionId, string TopicFilter, ReadOnlyMemory<byte> Subscribe);

/// <summary>A QoS 2 message was received from the client and is not yet released; the key is both.</summary>
/// <param name="SessionId">Whose it is.</param>
/// <param name="PacketIdentifier">Of its PUBLISH.</param>
public readonly record struct IncomingRow(long SessionId, ushort PacketIdentifier);

/// <summary>A message on its way to one or more clients.</summary>
/// <param name="Id">Its key, 1 or more.</param>
/// <param name="ExpiresAt">When its Message Expiry Interval has passed; null: never.</param>
/// <param name="Publish">A PUBLISH packet.</param>
public sealed record MessageRow(long Id, DateTimeOffset? ExpiresAt, ReadOnlyMemory<byte> Publish);

/// <summary>A message on its way to one client; the key is session and number.</summary>
public readonly record struct DeliveryRow
{
    /// <summary>Whose it is.</summary>
    public required long SessionId { get; init; }

    /// <summary>Grows in the order in which the session's messages are sent.</summary>
    public required long Number { get; init; }

    /// <summary>Null when the client has the message, and only its release (PUBREL) is to be confirmed.</summary>
    public long? MessageId { get; init; }

    /// <summary>QoS 1 or 2, at which it is delivered.</summary>
    public required QualityOfService QoS { get; init; }

    /// <summary>The RETAIN flag with which it is delivered.</summary>
    public bool Retain { get; init; }

    /// <summary>0 when it was not sent yet.</summary>
    public ushort PacketIdentifier { get; init; }

    /// <summary>Subscription Identifiers of the subscriptions it matched; null: none.</summary>
    public IReadOnlyList<uint>? SubscriptionIdentifiers { get; init; }
}

/// <summary>The retained message of a topic.</summary>
/// <param name="Topic">Topic Name: the key.</param>
/// <param name="Origin">The Client Identifier of who published it; null for this process.</param>
/// <param name="ExpiresAt">When its Message Expiry Interval has passed; null: never.</param>
/// <param name="Publish">A PUBLISH packet.</param>
public sealed record RetainedRow(string Topic, string? Origin, DateTimeOffset? ExpiresAt, ReadOnlyMemory<byte> Publish);
