using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Client;

/// <summary>What the client is subscribed to, so that it can subscribe again. Not thread-safe.</summary>
internal sealed class SubscriptionTable
{
    /// <summary>Topic Filters per SUBSCRIBE when all are subscribed again.</summary>
    private const int PerRequest = 200;

    private readonly Dictionary<string, (Subscription Subscription, uint? Identifier)> _subscriptions = [];

    public int Count => _subscriptions.Count;

    public void Add(Subscription subscription, uint? identifier) => _subscriptions[subscription.TopicFilter] = (subscription, identifier);

    public void Remove(string topicFilter) => _subscriptions.Remove(topicFilter);

    /// <summary>All of them in portions that share a Subscription Identifier.</summary>
    public IEnumerable<(uint? Identifier, Subscription[] Subscriptions)> Portions() =>
        from entry in _subscriptions.Values
        group entry.Subscription by entry.Identifier into sharing
        from portion in sharing.Chunk(PerRequest)
        select (sharing.Key, portion);
}
