using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Gateway.Mqtt.Packets;

namespace Gateway.Runtime.Bridging;

/// <summary>
/// Recognises messages that come back by another way than they went, where the protocol has no better means (before MQTT 5.0). Each
/// message that is passed on may come back once, within a time; content counts, so of two equal messages it does not matter which is
/// taken for the other. Thread-safe.
/// </summary>
/// <param name="window">How long a message may be away.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class LoopGuard(TimeSpan window, TimeProvider timeProvider)
{
    /// <summary>Messages that are remembered at most; beyond them the oldest is forgotten.</summary>
    public const int Capacity = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<Entry> _order = new();
    private readonly Dictionary<(string Topic, ulong Hash), List<Entry>> _entries = [];

    /// <summary>A message was passed on.</summary>
    /// <param name="topic">The topic under which it would come back.</param>
    /// <param name="message">The message.</param>
    /// <param name="publisher">Who published it.</param>
    public void Sent(string topic, ApplicationMessage message, string publisher)
    {
        var entry = new Entry((topic, HashOf(message)), publisher, timeProvider.GetTimestamp());
        lock (_gate)
        {
            Forget(Capacity - 1);
            _order.Enqueue(entry);
            (CollectionsMarshal.GetValueRefOrAddDefault(_entries, entry.Key, out _) ??= []).Add(entry);
        }
    }

    /// <summary>Whether a message is one that was passed on for somebody else than who publishes it now. It is forgotten then.</summary>
    public bool IsEcho(string topic, ApplicationMessage message, string publisher)
    {
        var key = (topic, HashOf(message));
        lock (_gate)
        {
            Forget(Capacity);
            if (!_entries.TryGetValue(key, out var same) || same.Find(entry => entry.Publisher != publisher) is not { } echoed)
            {
                return false;
            }

            Remove(echoed);
            return true;
        }
    }

    private void Forget(int most)
    {
        while (_order.TryPeek(out var oldest) && (_order.Count > most || timeProvider.GetElapsedTime(oldest.SentAt) >= window))
        {
            _order.Dequeue();
            Remove(oldest);
        }
    }

    private void Remove(Entry entry)
    {
        if (_entries.TryGetValue(entry.Key, out var same) && same.Remove(entry) && same.Count == 0)
        {
            _entries.Remove(entry.Key);
        }
    }

    private static ulong HashOf(ApplicationMessage message)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(message.Payload.Span, hash);
        return MemoryMarshal.Read<ulong>(hash);
    }

    // A class: two entries of equal content are two.
    private sealed class Entry((string Topic, ulong Hash) key, string publisher, long sentAt)
    {
        public (string Topic, ulong Hash) Key => key;

        public string Publisher => publisher;

        public long SentAt => sentAt;
    }
}
