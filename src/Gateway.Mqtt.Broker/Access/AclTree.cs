using System.Text;
using Gateway.Mqtt.Broker.Routing;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>A level of topic patterns, with what the rules say whose pattern ends here.</summary>
internal sealed class AclNode(AclNode? parent, ReadOnlySpan<byte> level) : LevelNode<AclNode>(parent, level)
{
    public AclNode? Plus { get; private set; }

    public AclNode? Hash { get; private set; }

    /// <summary>The levels below with <c>%u</c> or <c>%c</c> in them: few, so they are tried one by one.</summary>
    public List<(LevelTemplate Template, AclNode Node)>? Templates { get; private set; }

    public AclAccess Allowed { get; private set; }

    public AclAccess Denied { get; private set; }

    public AclNode StepOrAdd(ReadOnlySpan<byte> level)
    {
        if (level.SequenceEqual(TopicLevels.Plus))
        {
            return Plus ??= CreateChild(level);
        }

        if (level.SequenceEqual(TopicLevels.Hash))
        {
            return Hash ??= CreateChild(level);
        }

        return LevelTemplate.TryParse(level, out var template) ? TemplateOrAdd(template, level) : GetOrAdd(level);
    }

    public void Add(AclRule rule)
    {
        if (rule.IsDenied)
        {
            Denied |= rule.Access;
        }
        else
        {
            Allowed |= rule.Access;
        }
    }

    protected override AclNode CreateChild(ReadOnlySpan<byte> level) => new(this, level);

    private AclNode TemplateOrAdd(LevelTemplate template, ReadOnlySpan<byte> level)
    {
        Templates ??= [];
        foreach (var (_, existing) in Templates)
        {
            if (existing.Level.SequenceEqual(level))
            {
                return existing;
            }
        }

        var node = CreateChild(level);
        Templates.Add((template, node));
        return node;
    }
}

/// <summary>Rules by the levels of their patterns. Immutable once the rules are in it.</summary>
internal sealed class AclTree
{
    private readonly AclNode _root = new(null, default);

    public void Add(AclRule rule)
    {
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(rule.TopicPattern);
        var node = _root;
        bool more;
        do
        {
            more = TopicLevels.Take(ref rest, out var level);
            node = node.StepOrAdd(level);
        }
        while (more);

        node.Add(rule);
    }

    /// <summary>
    /// Adds the rules whose pattern matches a topic or, for a filter, whose pattern matches whatever the filter does:
    /// a wildcard of the filter is covered by a wildcard only.
    /// </summary>
    public void Judge(ClientIdentity client, ReadOnlySpan<byte> topic, bool isFilter, ref AclVerdict verdict)
    {
        // All topics: those of one level and those of more.
        if (isFilter && topic.SequenceEqual(TopicLevels.Hash))
        {
            topic = "+/#"u8;
        }

        // A pattern that begins with a wildcard does not match a topic that begins with $, as no filter does. §4.7.2
        var takesWildcards = topic.IsEmpty || topic[0] != (byte)'$';
        Visit(_root, client, topic, isFilter, takesWildcards, ref verdict);
    }

    private static void Visit(
        AclNode node, ClientIdentity client, ReadOnlySpan<byte> rest, bool isFilter, bool takesWildcards, ref AclVerdict verdict)
    {
        var more = TopicLevels.Take(ref rest, out var level);
        var isHash = isFilter && level.SequenceEqual(TopicLevels.Hash);
        if (takesWildcards)
        {
            if (node.Hash is { } hash)
            {
                verdict.Add(hash);
            }

            if (node.Plus is { } plus && !isHash)
            {
                Step(plus, client, more, rest, isFilter, ref verdict);
            }
        }

        if (isHash || (isFilter && level.SequenceEqual(TopicLevels.Plus)))
        {
            return;
        }

        if (node.Find(level) is { } next)
        {
            Step(next, client, more, rest, isFilter, ref verdict);
        }

        // Nor may a client reach such a topic by calling itself $SYS.
        if (takesWildcards && node.Templates is { } templates)
        {
            foreach (var (template, below) in templates)
            {
                if (template.Matches(level, client))
                {
                    Step(below, client, more, rest, isFilter, ref verdict);
                }
            }
        }
    }

    private static void Step(
        AclNode node, ClientIdentity client, bool more, ReadOnlySpan<byte> rest, bool isFilter, ref AclVerdict verdict)
    {
        if (more)
        {
            Visit(node, client, rest, isFilter, takesWildcards: true, ref verdict);
            return;
        }

        verdict.Add(node);
        // "sport/#" matches "sport" too. §4.7.1.2
        if (node.Hash is { } hash)
        {
            verdict.Add(hash);
        }
    }
}
