using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;
using Gateway.Runtime.Configuration;

namespace Gateway.Runtime.Bridging;

/// <summary>
/// What topics are called on the other side. Of the entries that go a message's way the first that fits counts: the prefix of its side
/// gives way to that of the other side. Pure; thread-safe.
/// </summary>
internal sealed class TopicMap(IReadOnlyList<BridgeTopic> topics)
{
    private readonly BridgeTopic[] _out = [.. topics.Where(topic => topic.IsOut)];
    private readonly BridgeTopic[] _in = [.. topics.Where(topic => topic.IsIn)];

    /// <summary>The entries that go out, in order.</summary>
    public IReadOnlyList<BridgeTopic> Out => _out;

    /// <summary>The entries that come in, in order.</summary>
    public IReadOnlyList<BridgeTopic> In => _in;

    /// <summary>Where a local message goes, and by which entry; null: nowhere.</summary>
    public (string Topic, BridgeTopic Entry)? ToRemote(string topic)
    {
        foreach (var entry in _out)
        {
            if (Move(topic, entry.LocalFilter, entry.LocalPrefix, entry.RemotePrefix) is { } moved)
            {
                return (moved, entry);
            }
        }

        return null;
    }

    /// <summary>Where a message of the upstream broker goes, and by which entry; null: nowhere.</summary>
    public (string Topic, BridgeTopic Entry)? ToLocal(string topic)
    {
        foreach (var entry in _in)
        {
            if (Move(topic, entry.RemoteFilter, entry.RemotePrefix, entry.LocalPrefix) is { } moved)
            {
                return (moved, entry);
            }
        }

        return null;
    }

    /// <summary>The subscriptions at the upstream broker.</summary>
    public IReadOnlyList<Subscription> GetSubscriptions() =>
    [
        .. _in.Select(entry => new Subscription
        {
            TopicFilter = entry.RemoteFilter,
            MaximumQoS = entry.QoS,
            NoLocal = true,
            RetainAsPublished = true,
            RetainHandling = RetainHandling.SendIfNew,
        }),
    ];

    // "a/#" fits "a" as well, which does not begin with the prefix "a/": that is not moved. Nor does a move make a topic
    // that belongs to a broker of one that does not.
    private static string? Move(string topic, string filter, string prefix, string newPrefix)
    {
        if (!topic.StartsWith(prefix, StringComparison.Ordinal) || !TopicFilter.Matches(filter, topic))
        {
            return null;
        }

        var moved = string.Concat(newPrefix, topic.AsSpan(prefix.Length));
        var isHidden = moved.StartsWith('$') && !topic.StartsWith('$') && newPrefix.Length == 0;
        return isHidden || !TopicName.IsValid(moved) ? null : moved;
    }
}
