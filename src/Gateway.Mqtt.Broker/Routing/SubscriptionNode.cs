namespace Gateway.Mqtt.Broker.Routing;

/// <summary>A level of topic filters. <c>+</c> and <c>#</c> have their own fields, as every match asks for them.</summary>
internal sealed class SubscriptionNode(SubscriptionNode? parent, ReadOnlySpan<byte> level)
    : LevelNode<SubscriptionNode>(parent, level)
{
    /// <summary>Not shared; a mutable struct, hence a field.</summary>
    public SubscriptionList Subscriptions;

    public SubscriptionNode? Plus { get; private set; }

    public SubscriptionNode? Hash { get; private set; }

    public List<SharedGroup>? Groups { get; private set; }

    private bool IsEmpty => Subscriptions.Count == 0 && Groups is null && ChildCount == 0 && Plus is null && Hash is null;

    public SubscriptionNode? Step(ReadOnlySpan<byte> level)
        => level.SequenceEqual(TopicLevels.Plus) ? Plus : level.SequenceEqual(TopicLevels.Hash) ? Hash : Find(level);

    public SubscriptionNode StepOrAdd(ReadOnlySpan<byte> level)
    {
        if (level.SequenceEqual(TopicLevels.Plus))
        {
            return Plus ??= CreateChild(level);
        }

        return level.SequenceEqual(TopicLevels.Hash) ? Hash ??= CreateChild(level) : GetOrAdd(level);
    }

    public SharedGroup GroupOrAdd(string name)
    {
        Groups ??= [];
        var group = Groups.Find(g => g.Name == name);
        if (group is null)
        {
            group = new SharedGroup(name);
            Groups.Add(group);
        }

        return group;
    }

    public void RemoveGroup(SharedGroup group)
    {
        Groups!.Remove(group);
        if (Groups.Count == 0)
        {
            Groups = null;
        }
    }

    /// <summary>Takes the node out of the tree if nothing hangs on it any more, and its parents with it.</summary>
    public void Prune()
    {
        for (var node = this; node is { IsEmpty: true, Parent: { } parent }; node = parent)
        {
            if (parent.Plus == node)
            {
                parent.Plus = null;
            }
            else if (parent.Hash == node)
            {
                parent.Hash = null;
            }
            else
            {
                parent.Remove(node);
            }
        }
    }

    protected override SubscriptionNode CreateChild(ReadOnlySpan<byte> level) => new(this, level);
}
