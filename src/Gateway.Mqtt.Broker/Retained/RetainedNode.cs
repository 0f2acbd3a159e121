using Gateway.Mqtt.Broker.Routing;

namespace Gateway.Mqtt.Broker.Retained;

/// <summary>A level of topic names, with the message that is retained for the topic that ends here.</summary>
internal sealed class RetainedNode(RetainedNode? parent, ReadOnlySpan<byte> level) : LevelNode<RetainedNode>(parent, level)
{
    public StoredMessage? Message { get; set; }

    public RetainedExpiry? Expiry { get; set; }

    /// <summary>Takes the node out of the tree if nothing hangs on it any more, and its parents with it.</summary>
    public void Prune()
    {
        for (var node = this; node is { Message: null, ChildCount: 0, Parent: { } parent }; node = parent)
        {
            parent.Remove(node);
        }
    }

    protected override RetainedNode CreateChild(ReadOnlySpan<byte> level) => new(this, level);
}
