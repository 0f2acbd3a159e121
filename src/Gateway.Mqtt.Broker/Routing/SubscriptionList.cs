namespace Gateway.Mqtt.Broker.Routing;

/// <summary>Subscriptions in no particular order, added and removed in constant time.</summary>
internal struct SubscriptionList
{
    private RoutedSubscription[]? _items;

    public int Count { get; private set; }

    public readonly ReadOnlySpan<RoutedSubscription> Items => _items.AsSpan(0, Count);

    public void Add(RoutedSubscription subscription)
    {
        if (_items is null)
        {
            _items = new RoutedSubscription[1];
        }
        else if (Count == _items.Length)
        {
            Array.Resize(ref _items, Count * 2);
        }

        subscription.Index = Count;
        _items[Count++] = subscription;
    }

    public void Remove(RoutedSubscription subscription)
    {
        var last = _items![--Count];
        _items[subscription.Index] = last;
        last.Index = subscription.Index;
        _items[Count] = null!;
        if (Count == 0)
        {
            _items = null;
        }
    }
}
