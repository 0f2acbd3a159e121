namespace Gateway.Mqtt.Broker.Routing;

/// <summary>
/// The Subscription Identifiers of one copy of a message: none and one, which are what there nearly always is, cost
/// no allocation. MQTT 5.0 §3.3.2.3.8.
/// </summary>
internal readonly struct SubscriptionIdentifiers
{
    private readonly uint _first;
    private readonly uint[]? _more;

    private SubscriptionIdentifiers(uint first, uint[]? more)
    {
        _first = first;
        _more = more;
    }

    public bool IsEmpty => _first == 0;

    public int Count => IsEmpty ? 0 : 1 + (_more?.Length ?? 0);

    public uint this[int index] => index == 0 ? _first : _more![index - 1];

    /// <param name="identifier">0 = none.</param>
    public SubscriptionIdentifiers With(uint identifier)
    {
        if (identifier == 0)
        {
            return this;
        }

        return IsEmpty ? new(identifier, null) : new(_first, [.. _more ?? [], identifier]);
    }

    public uint[] ToArray() => IsEmpty ? [] : [_first, .. _more ?? []];
}
