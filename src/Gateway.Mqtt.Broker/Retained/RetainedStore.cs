using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Retained;

/// <summary>The last retained message of each topic. MQTT 5.0 §3.3.1.3. Bounded in number and bytes; not thread-safe.</summary>
internal sealed class RetainedStore(BrokerLimits limits, Deadlines deadlines)
{
    private readonly RetainedNode _root = new(null, default);

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Told of each topic that changed: its message, or the message that removed it (itself, when it expired).</summary>
    public Action<StoredMessage, RetainedChange>? Changed { get; set; }

    /// <summary>
    /// Replaces the topic's message; one with an empty payload removes it. False when the limits allow no further
    /// topic or byte: what was retained for the topic stays.
    /// </summary>
    public bool Set(StoredMessage message)
    {
        if (message.Payload.IsEmpty)
        {
            if (Find(message.Topic) is { Message: not null } node)
            {
                Remove(node);
                Changed?.Invoke(message, RetainedChange.Removed);
            }

            return true;
        }

        var existing = Find(message.Topic);
        var replacedSize = existing?.Message?.Size ?? 0;
        if ((replacedSize == 0 && Count >= limits.RetainedMessages) || Bytes - replacedSize + message.Size > limits.RetainedBytes)
        {
            return false;
        }

        existing ??= Add(message.Topic);
        Count += replacedSize == 0 ? 1 : 0;
        Bytes += message.Size - replacedSize;
        existing.Message = message;
        ScheduleExpiry(existing, message);
        Changed?.Invoke(message, replacedSize == 0 ? RetainedChange.Added : RetainedChange.Replaced);
        return true;
    }

    /// <summary>Calls <paramref name="visit"/> for each message whose topic the filter (not shared) matches. MQTT 5.0 §4.7.</summary>
    public void Match(ReadOnlySpan<byte> filter, Action<StoredMessage> visit)
        => Match(_root, filter, isFirst: true, visit);

    /// <summary>All messages, in no particular order.</summary>
    public IEnumerable<StoredMessage> All() => All(_root);

    public void Expire(RetainedNode node)
    {
        var message = node.Message!;
        Remove(node);
        Changed?.Invoke(message, RetainedChange.Removed);
    }

    private static IEnumerable<StoredMessage> All(RetainedNode node)
    {
        if (node.Message is { } message)
        {
            yield return message;
        }

        foreach (var child in node)
        {
            foreach (var below in All(child))
            {
                yield return below;
            }
        }
    }

    private static void Match(RetainedNode node, ReadOnlySpan<byte> filter, bool isFirst, Action<StoredMessage> visit)
    {
        var more = TopicLevels.Take(ref filter, out var level);
        if (level.SequenceEqual(TopicLevels.Hash))
        {
            // "sport/#" matches "sport" too. §4.7.1.2
            Visit(node, visit);
            VisitBelow(node, isFirst, visit);
        }
        else if (level.SequenceEqual(TopicLevels.Plus))
        {
            foreach (var child in node)
            {
                if (!(isFirst && IsHidden(child)))
                {
                    Step(child, filter, more, visit);
                }
            }
        }
        else if (node.Find(level) is { } next)
        {
            Step(next, filter, more, visit);
        }
    }

    private static void Step(RetainedNode node, ReadOnlySpan<byte> rest, bool more, Action<StoredMessage> visit)
    {
        if (more)
        {
            Match(node, rest, isFirst: false, visit);
        }
        else
        {
            Visit(node, visit);
        }
    }

    private static void VisitBelow(RetainedNode node, bool isFirst, Action<StoredMessage> visit)
    {
        foreach (var child in node)
        {
            if (!(isFirst && IsHidden(child)))
            {
                Visit(child, visit);
                VisitBelow(child, isFirst: false, visit);
            }
        }
    }

    private static void Visit(RetainedNode node, Action<StoredMessage> visit)
    {
        if (node.Message is { } message)
        {
            visit(message);
        }
    }

    // A filter that begins with a wildcard does not match a topic that begins with $. §4.7.2
    private static bool IsHidden(RetainedNode first) => !first.Level.IsEmpty && first.Level[0] == (byte)'$';

    private RetainedNode? Find(ReadOnlySpan<byte> topic)
    {
        RetainedNode? node = _root;
        bool more;
        do
        {
            more = TopicLevels.Take(ref topic, out var level);
            node = node.Find(level);
        }
        while (more && node is not null);

        return node;
    }

    private RetainedNode Add(ReadOnlySpan<byte> topic)
    {
        var node = _root;
        bool more;
        do
        {
            more = TopicLevels.Take(ref topic, out var level);
            node = node.GetOrAdd(level);
        }
        while (more);

        return node;
    }

    private void Remove(RetainedNode node)
    {
        Count--;
        Bytes -= node.Message!.Size;
        node.Message = null;
        if (node.Expiry is { } expiry)
        {
            deadlines.Cancel(expiry);
            node.Expiry = null;
        }

        node.Prune();
    }

    private void ScheduleExpiry(RetainedNode node, StoredMessage message)
    {
        if (message.ExpiresAt != RoutedMessage.Never)
        {
            deadlines.Schedule(node.Expiry ??= new RetainedExpiry(this, node), message.ExpiresAt);
        }
        else if (node.Expiry is { } expiry)
        {
            deadlines.Cancel(expiry);
            node.Expiry = null;
        }
    }
}
