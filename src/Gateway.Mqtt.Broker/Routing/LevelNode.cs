namespace Gateway.Mqtt.Broker.Routing;

/// <summary>
/// A node of a tree of topic levels. Its children hang in an intrusive hash table, so that a leaf costs no table,
/// a look-up takes the level as it stands in the packet, and a million siblings are found as fast as one.
/// Not thread-safe.
/// </summary>
internal abstract class LevelNode<TNode> where TNode : LevelNode<TNode>
{
    private const int InitialBuckets = 4;

    private readonly byte[] _level;
    private readonly int _hash;
    private TNode? _nextInBucket;
    private TNode?[]? _buckets;

    protected LevelNode(TNode? parent, ReadOnlySpan<byte> level)
    {
        Parent = parent;
        _level = level.ToArray();
        _hash = TopicHash.Of(level);
    }

    public TNode? Parent { get; }

    public int ChildCount { get; private set; }

    /// <summary>The level's bytes, without separators.</summary>
    public ReadOnlySpan<byte> Level => _level;

    public TNode? Find(ReadOnlySpan<byte> level)
    {
        if (_buckets is null)
        {
            return null;
        }

        var hash = TopicHash.Of(level);
        var node = _buckets[hash & (_buckets.Length - 1)];
        while (node is not null && (node._hash != hash || !level.SequenceEqual(node._level)))
        {
            node = node._nextInBucket;
        }

        return node;
    }

    public TNode GetOrAdd(ReadOnlySpan<byte> level)
    {
        var node = Find(level);
        if (node is null)
        {
            node = CreateChild(level);
            if (_buckets is null)
            {
                _buckets = new TNode?[InitialBuckets];
            }
            else if (ChildCount == _buckets.Length)
            {
                Grow();
            }

            Link(_buckets!, node);
            ChildCount++;
        }

        return node;
    }

    public void Remove(TNode child)
    {
        ref var link = ref _buckets![child._hash & (_buckets.Length - 1)];
        while (link != child)
        {
            link = ref link!._nextInBucket;
        }

        link = child._nextInBucket;
        child._nextInBucket = null;
        if (--ChildCount == 0)
        {
            _buckets = null;
        }
    }

    public ChildEnumerator GetEnumerator() => new(_buckets);

    protected abstract TNode CreateChild(ReadOnlySpan<byte> level);

    private static void Link(TNode?[] buckets, TNode node)
    {
        ref var head = ref buckets[node._hash & (buckets.Length - 1)];
        node._nextInBucket = head;
        head = node;
    }

    private void Grow()
    {
        var larger = new TNode?[_buckets!.Length * 2];
        foreach (var head in _buckets)
        {
            for (var node = head; node is not null;)
            {
                var next = node._nextInBucket;
                Link(larger, node);
                node = next;
            }
        }

        _buckets = larger;
    }

    /// <summary>Walks the children in no particular order; the children must not change meanwhile.</summary>
    public struct ChildEnumerator(TNode?[]? buckets)
    {
        private int _bucket;
        private TNode? _current;

        public readonly TNode Current => _current!;

        public bool MoveNext()
        {
            _current = _current?._nextInBucket;
            while (_current is null && buckets is not null && _bucket < buckets.Length)
            {
                _current = buckets[_bucket++];
            }

            return _current is not null;
        }
    }
}
