using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Routing;

/// <summary>One copy of a message for one subscriber, after its overlapping subscriptions were joined.</summary>
internal struct RouteTarget
{
    public Subscriber Subscriber;

    /// <summary>The highest that any of its subscriptions was granted.</summary>
    public QualityOfService MaximumQoS;

    public bool RetainAsPublished;

    /// <summary>The message answers a new subscription with what was retained.</summary>
    public bool IsRetained;

    public SubscriptionIdentifiers Identifiers;

    /// <summary>Set when the copy is one group's, not the subscriber's own.</summary>
    public SharedGroup? Group;
}

/// <summary>
/// Collects who gets a message: one copy per subscriber, at the highest QoS of its matching subscriptions and with
/// all their identifiers (MQTT 5.0 §3.3.4), and one per shared group. Reused from message to message.
/// </summary>
internal sealed class RouteTargets
{
    private RouteTarget[] _items = new RouteTarget[16];
    private int _count;
    private long _routeNumber;
    private string? _origin;

    public ReadOnlySpan<RouteTarget> Items => _items.AsSpan(0, _count);

    /// <param name="origin">The Client Identifier of who published, for No Local; null for this process.</param>
    public void Begin(string? origin)
    {
        _routeNumber++;
        _origin = origin;
        _count = 0;
    }

    /// <summary>Lets go of what was collected, so that a session which ended is not kept alive by the last message.</summary>
    public void End()
    {
        Array.Clear(_items, 0, _count);
        _count = 0;
        _origin = null;
    }

    public void Add(SubscriptionNode node)
    {
        foreach (var subscription in node.Subscriptions.Items)
        {
            Add(subscription);
        }

        if (node.Groups is { } groups)
        {
            foreach (var group in groups)
            {
                if (group.Choose() is { } member)
                {
                    Append(member).Group = group;
                }
            }
        }
    }

    private void Add(RoutedSubscription subscription)
    {
        var subscriber = subscription.Subscriber;
        if (subscription.NoLocal && subscriber.ClientId == _origin)
        {
            return;
        }

        if (subscriber.RouteNumber != _routeNumber)
        {
            subscriber.RouteNumber = _routeNumber;
            subscriber.RouteIndex = _count;
            Append(subscription);
            return;
        }

        ref var target = ref _items[subscriber.RouteIndex];
        target.RetainAsPublished |= subscription.RetainAsPublished;
        target.Identifiers = target.Identifiers.With(subscription.SubscriptionIdentifier);
        if (subscription.MaximumQoS > target.MaximumQoS)
        {
            target.MaximumQoS = subscription.MaximumQoS;
        }
    }

    private ref RouteTarget Append(RoutedSubscription subscription)
    {
        if (_count == _items.Length)
        {
            Array.Resize(ref _items, _count * 2);
        }

        ref var target = ref _items[_count++];
        target.Subscriber = subscription.Subscriber;
        target.MaximumQoS = subscription.MaximumQoS;
        target.RetainAsPublished = subscription.RetainAsPublished;
        target.IsRetained = false;
        target.Identifiers = default(SubscriptionIdentifiers).With(subscription.SubscriptionIdentifier);
        target.Group = null;
        return ref target;
    }
}
