namespace Gateway.Mqtt.Broker.Routing;

/// <summary>The members of one share name on one filter: each message goes to one of them. MQTT 5.0 §4.8.2.</summary>
internal sealed class SharedGroup(string name)
{
    private SubscriptionList _members;
    private int _next;

    public string Name { get; } = name;

    public int Count => _members.Count;

    public void Add(RoutedSubscription member) => _members.Add(member);

    public void Remove(RoutedSubscription member) => _members.Remove(member);

    /// <summary>
    /// Takes the members in turn. One that can send at once comes before one whose window is full, and that before
    /// one whose client is away; null when none can take the message at all.
    /// </summary>
    public RoutedSubscription? Choose() => Choose([]);

    /// <summary>The same among those who may receive the topic; an empty one is not asked about.</summary>
    public RoutedSubscription? Choose(ReadOnlySpan<byte> topic)
    {
        var members = _members.Items;
        RoutedSubscription? best = null;
        var bestReadiness = Readiness.None;
        for (var i = 0; i < members.Length; i++)
        {
            if (_next >= members.Length)
            {
                _next = 0;
            }

            var member = members[_next++];
            var readiness = member.Subscriber.Readiness;
            if (readiness > bestReadiness && (topic.IsEmpty || member.Subscriber.MayReceive(topic)))
            {
                best = member;
                bestReadiness = readiness;
                if (readiness == Readiness.Ready)
                {
                    break;
                }
            }
        }

        return best;
    }
}
