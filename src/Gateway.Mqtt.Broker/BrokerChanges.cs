namespace Gateway.Mqtt.Broker;

/// <summary>
/// What changed between two commits: only the outcome, at most one change per key. Removals may name rows that are
/// not there. A store removes first, and saves then.
/// </summary>
public sealed record BrokerChanges
{
    /// <summary>Whatever the store has is void: <see cref="Saved"/> is everything.</summary>
    public bool ReplacesAll { get; init; }

    /// <summary>Rows that are new, or take the place of those with their key.</summary>
    public BrokerRows Saved { get; init; } = BrokerRows.Empty;

    /// <summary>Sessions that ended, by their ids; their subscriptions, incoming messages and deliveries end with them.</summary>
    public IReadOnlyList<long> EndedSessions { get; init; } = [];

    /// <summary>Subscriptions that were taken back.</summary>
    public IReadOnlyList<(long SessionId, string TopicFilter)> RemovedSubscriptions { get; init; } = [];

    /// <summary>QoS 2 messages that were released by their sender.</summary>
    public IReadOnlyList<IncomingRow> RemovedIncoming { get; init; } = [];

    /// <summary>Deliveries that are over.</summary>
    public IReadOnlyList<(long SessionId, long Number)> RemovedDeliveries { get; init; } = [];

    /// <summary>Messages that nobody waits for any more, by their ids.</summary>
    public IReadOnlyList<long> RemovedMessages { get; init; } = [];

    /// <summary>Topics that have no retained message any more.</summary>
    public IReadOnlyList<string> RemovedRetained { get; init; } = [];

    /// <summary>How many changes there are in all.</summary>
    public int Count => Saved.Count + EndedSessions.Count + RemovedSubscriptions.Count + RemovedIncoming.Count
        + RemovedDeliveries.Count + RemovedMessages.Count + RemovedRetained.Count;
}
