using Gateway.Mqtt.Broker.Routing;

namespace Gateway.Mqtt.Broker.Persistence;

/// <summary>Deliveries and retained messages that changed within some time.</summary>
internal sealed class ChangeSet
{
    private const int LargestKept = 1024;

    private readonly List<DeliveryRecord> _deliveries = [];
    private Dictionary<byte[], StoredMessage?> _retained = new(TopicBytesComparer.Instance);

    public int Count => _deliveries.Count + _retained.Count;

    /// <summary>About what the messages take that are to be written.</summary>
    public long Bytes { get; private set; }

    /// <summary>The caller marks it as listed.</summary>
    public void Add(DeliveryRecord record)
    {
        _deliveries.Add(record);
        Bytes += record.Message is { IsWritten: false } message ? message.Message.Size : 0;
    }

    /// <param name="topic">Of the retained message.</param>
    /// <param name="message">Null when there is none any more.</param>
    public void Add(ReadOnlySpan<byte> topic, StoredMessage? message)
    {
        var retained = _retained.GetAlternateLookup<ReadOnlySpan<byte>>();
        Bytes += (message?.Size ?? 0) - (retained.TryGetValue(topic, out var replaced) ? replaced?.Size ?? 0 : 0);
        retained[topic] = message;
    }

    /// <summary>Puts it in the place of what is noted for the topic; false: there is nothing.</summary>
    public bool TryReplace(ReadOnlySpan<byte> topic, StoredMessage? message)
    {
        if (!_retained.GetAlternateLookup<ReadOnlySpan<byte>>().ContainsKey(topic))
        {
            return false;
        }

        Add(topic, message);
        return true;
    }

    public void MoveTo(JournalBatch batch)
    {
        foreach (var record in _deliveries)
        {
            if (!record.Session.IsEnded)
            {
                batch.Add(record);
            }
        }

        foreach (var (topic, message) in _retained)
        {
            batch.Add(topic, message);
        }

        Clear();
    }

    public void Clear()
    {
        _deliveries.ForEach(record => record.IsListed = false);
        _deliveries.Clear();
        if (_retained.Capacity > LargestKept)
        {
            // Clearing it would cost as much as it once held, at each commit.
            _retained = new(TopicBytesComparer.Instance);
        }

        _retained.Clear();
        Bytes = 0;
    }
}
