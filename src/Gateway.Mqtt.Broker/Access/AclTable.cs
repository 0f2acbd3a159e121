namespace Gateway.Mqtt.Broker.Access;

/// <summary>Rules by whom they are about. Immutable.</summary>
internal sealed class AclTable
{
    private readonly AclTree _everyone = new();
    private readonly AclTree _anonymous = new();
    private readonly Dictionary<string, AclTree> _users = new(StringComparer.Ordinal);

    public AclTable(IEnumerable<AclRule> rules)
    {
        foreach (var rule in rules)
        {
            if (AclRule.Refuse(rule.TopicPattern) is { } reason)
            {
                throw new ArgumentException($"\"{rule.TopicPattern}\" is not a topic pattern: {reason}.", nameof(rules));
            }

            TreeOf(rule.Subject).Add(rule);
        }
    }

    /// <summary>What the rules say of a topic, or of all topics that a filter matches.</summary>
    public AclVerdict Judge(ClientIdentity client, ReadOnlySpan<byte> topic, bool isFilter)
    {
        var verdict = default(AclVerdict);
        _everyone.Judge(client, topic, isFilter, ref verdict);
        var own = client.UserName is { } user ? _users.GetValueOrDefault(user) : _anonymous;
        own?.Judge(client, topic, isFilter, ref verdict);
        return verdict;
    }

    private AclTree TreeOf(AclSubject subject)
    {
        if (subject.UserName is not { } user)
        {
            return subject.IsAnonymous ? _anonymous : _everyone;
        }

        if (!_users.TryGetValue(user, out var tree))
        {
            _users.Add(user, tree = new AclTree());
        }

        return tree;
    }
}

/// <summary>What the rules that apply say together.</summary>
internal struct AclVerdict
{
    private AclAccess _allowed;
    private AclAccess _denied;

    public void Add(AclNode node)
    {
        _allowed |= node.Allowed;
        _denied |= node.Denied;
    }

    public readonly bool Allows(AclAccess access) => (_allowed & ~_denied & access) != 0;
}
