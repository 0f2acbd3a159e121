using System.Text;
using Gateway.Mqtt.Topics;

namespace Gateway.Mqtt.Broker.Routing;

/// <summary>
/// All subscriptions by the levels of their filters. Matching visits only nodes whose filters agree with the topic
/// so far, whatever else is subscribed. Not thread-safe.
/// </summary>
internal sealed class SubscriptionTree
{
    private readonly SubscriptionNode _root = new(null, default);

    public int Count { get; private set; }

    /// <summary>Those among them that are shared.</summary>
    public int SharedCount { get; private set; }

    /// <summary>The caller has validated the filter, and sees to it that a subscriber has a filter only once.</summary>
    public void Add(RoutedSubscription subscription)
    {
        var isShared = TopicFilter.TrySplitShare(subscription.Filter, out var shareName, out var filter);
        var bytes = new byte[Encoding.UTF8.GetByteCount(filter)];
        Encoding.UTF8.GetBytes(filter, bytes);
        ReadOnlySpan<byte> rest = bytes;
        var node = _root;
        bool more;
        do
        {
            more = TopicLevels.Take(ref rest, out var level);
            node = node.StepOrAdd(level);
        }
        while (more);

        subscription.Node = node;
        if (isShared)
        {
            subscription.Group = node.GroupOrAdd(shareName.ToString());
            subscription.Group.Add(subscription);
            SharedCount++;
        }
        else
        {
            node.Subscriptions.Add(subscription);
        }

        Count++;
    }

    public void Remove(RoutedSubscription subscription)
    {
        var node = subscription.Node!;
        if (subscription.Group is { } group)
        {
            group.Remove(subscription);
            SharedCount--;
            if (group.Count == 0)
            {
                node.RemoveGroup(group);
            }
        }
        else
        {
            node.Subscriptions.Remove(subscription);
        }

        subscription.Node = null;
        node.Prune();
        Count--;
    }

    /// <summary>Whether a filter begins with that level, which is no wildcard.</summary>
    public bool HasFirstLevel(ReadOnlySpan<byte> level) => _root.Find(level) is not null;

    /// <summary>Adds whatever matches the topic name to <paramref name="targets"/>. MQTT 5.0 §4.7.</summary>
    public void Match(ReadOnlySpan<byte> topic, RouteTargets targets)
    {
        // A filter that begins with a wildcard does not match a topic that begins with $. §4.7.2
        Visit(_root, topic, takesWildcards: topic.IsEmpty || topic[0] != (byte)'$', targets);
    }

    private static void Visit(SubscriptionNode node, ReadOnlySpan<byte> rest, bool takesWildcards, RouteTargets targets)
    {
        while (true)
        {
            var more = TopicLevels.Take(ref rest, out var level);
            if (takesWildcards)
            {
                if (node.Hash is { } hash)
                {
                    targets.Add(hash);
                }

                if (node.Plus is { } plus)
                {
                    Step(plus, more, rest, targets);
                }
            }

            if (node.Find(level) is not { } next)
            {
                return;
            }

            if (!more)
            {
                End(next, targets);
                return;
            }

            node = next;
            takesWildcards = true;
        }
    }

    private static void Step(SubscriptionNode node, bool more, ReadOnlySpan<byte> rest, RouteTargets targets)
    {
        if (more)
        {
            Visit(node, rest, takesWildcards: true, targets);
        }
        else
        {
            End(node, targets);
        }
    }

    private static void End(SubscriptionNode node, RouteTargets targets)
    {
        targets.Add(node);
        // "sport/#" matches "sport" too. §4.7.1.2
        if (node.Hash is { } hash)
        {
            targets.Add(hash);
        }
    }
}
