namespace Gateway.Mqtt.Broker;

/// <summary>What the broker did and holds, at one moment. Counts run from the start of the broker; gauges say so.</summary>
public sealed record BrokerCounters
{
    /// <summary>Gauge: network connections, whether or not their CONNECT has come.</summary>
    public int Connections { get; init; }

    /// <summary>Gauge: bytes that are kept for clients that are not let in yet.</summary>
    public long BytesBeforeConnAck { get; init; }

    /// <summary>Gauge: clients that were let in and are connected.</summary>
    public int Clients { get; init; }

    /// <summary>The most clients that were connected at once.</summary>
    public int MostClients { get; init; }

    /// <summary>Sessions that ended because their client stayed away for too long.</summary>
    public long SessionsExpired { get; init; }

    /// <summary>Packets of all types read from clients.</summary>
    public long PacketsReceived { get; init; }

    /// <summary>Packets of all types written to clients.</summary>
    public long PacketsSent { get; init; }

    /// <summary>Gauge: sessions, with and without a connection.</summary>
    public int Sessions { get; init; }

    /// <summary>Gauge: subscriptions of all clients.</summary>
    public int Subscriptions { get; init; }

    /// <summary>Gauge: retained messages.</summary>
    public int RetainedMessages { get; init; }

    /// <summary>Gauge: bytes of the retained messages.</summary>
    public long RetainedBytes { get; init; }

    /// <summary>Gauge: messages that wait for clients.</summary>
    public int QueuedMessages { get; init; }

    /// <summary>Gauge: bytes of the messages that wait for clients.</summary>
    public long QueuedBytes { get; init; }

    /// <summary>Clients that were let in.</summary>
    public long ClientsAccepted { get; init; }

    /// <summary>Clients that were refused: credentials, version, identifier, limits.</summary>
    public long ClientsRefused { get; init; }

    /// <summary>Log-ins with wrong credentials.</summary>
    public long LoginsFailed { get; init; }

    /// <summary>Log-ins that were made to wait, or refused unheard, after failures from their address.</summary>
    public long LoginsSlowed { get; init; }

    /// <summary>Pauses of clients that published faster than their rate.</summary>
    public long RatePauses { get; init; }

    /// <summary>Network connections that were closed because there were too many, or before their TLS handshake because they came too fast.</summary>
    public long ConnectionsRefused { get; init; }

    /// <summary>Times that no connection could be accepted, for want of file descriptors or memory.</summary>
    public long AcceptFailures { get; init; }

    /// <summary>Connections that were closed for a malformed packet or a protocol error.</summary>
    public long ProtocolErrors { get; init; }

    /// <summary>Messages that clients and this process published.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>Messages that were sent to clients, repetitions included, or given to handlers in this process.</summary>
    public long MessagesSent { get; init; }

    /// <summary>Bytes read from clients.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Bytes written to clients.</summary>
    public long BytesSent { get; init; }

    /// <summary>Times that publishers waited in vain for a subscriber to catch up.</summary>
    public long SlowSubscribers { get; init; }

    /// <summary>QoS 0 messages dropped because a subscriber reads too slowly.</summary>
    public long DroppedSlowSubscriber { get; init; }

    /// <summary>Messages dropped because the queue of their subscriber, or of all, was full.</summary>
    public long DroppedQueueFull { get; init; }

    /// <summary>Messages dropped because they exceed the Maximum Packet Size of their subscriber.</summary>
    public long DroppedTooLarge { get; init; }

    /// <summary>Messages dropped because their Message Expiry Interval ran out before they could be sent.</summary>
    public long DroppedExpired { get; init; }

    /// <summary>Messages that were routed but not retained, because there are too many retained messages.</summary>
    public long NotRetained { get; init; }

    /// <summary>Gauge: the store fails, and the broker works from memory.</summary>
    public bool IsStoreFailing { get; init; }

    /// <summary>Gauge: changes that wait to be committed to the store.</summary>
    public int UncommittedChanges { get; init; }

    /// <summary>Commits to the store.</summary>
    public long Commits { get; init; }

    /// <summary>Commits that failed.</summary>
    public long CommitFailures { get; init; }

    /// <summary>Messages and subscriptions that the authorizer refused.</summary>
    public long Unauthorized { get; init; }

    /// <summary>Events that an observer's queue had no room for.</summary>
    public long DroppedEvents { get; init; }
}
