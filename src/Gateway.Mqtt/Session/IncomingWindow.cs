using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <summary>
/// The messages received at QoS 1 and 2 and not acknowledged. Acknowledgements leave in the order of the messages, whatever
/// order the application finishes in. MQTT 5.0 §4.6. Bounded by Receive Maximum, before 5.0 by the 65,535 Packet Identifiers.
/// </summary>
internal sealed class IncomingWindow
{
    private const int InitialCapacity = 16;

    /// <summary>QoS 2 identifiers between PUBLISH and PUBREL; true once the application has finished with the message.</summary>
    private readonly Dictionary<ushort, bool> _received = [];

    // A ring, its capacity a power of two: the entry of a sequence number is at its remainder.
    private Entry[] _entries = new Entry[InitialCapacity];
    private long _head;
    private long _tail;
    private int _atLeastOnceCount;

    /// <summary>What counts against Receive Maximum.</summary>
    public int Count => _received.Count + _atLeastOnceCount;

    /// <summary>Notes a message.</summary>
    /// <param name="packetIdentifier">Not 0.</param>
    /// <param name="qos">QoS 1 or 2.</param>
    /// <param name="sequence">Its place.</param>
    /// <returns>False: it is a QoS 2 message that the application has already.</returns>
    public bool Add(ushort packetIdentifier, QualityOfService qos, out long sequence)
    {
        if (_tail - _head == _entries.Length)
        {
            Grow();
        }

        var isNew = true;
        var isFinished = false;
        if (qos == QualityOfService.AtLeastOnce)
        {
            _atLeastOnceCount++;
        }
        else
        {
            isNew = _received.TryAdd(packetIdentifier, false);
            isFinished = _received[packetIdentifier];
        }

        sequence = _tail++;
        At(sequence) = new Entry(packetIdentifier, qos, isFinished, ReasonCode.Success);
        return isNew;
    }

    /// <summary>The application has finished with the message of a receipt of this session.</summary>
    /// <param name="receipt">The receipt.</param>
    /// <param name="reasonCode">What to tell the server.</param>
    /// <param name="isThisConnection">False: it came on an earlier connection.</param>
    public void Finish(in Receipt receipt, ReasonCode reasonCode, bool isThisConnection)
    {
        if (receipt.QoS == QualityOfService.ExactlyOnce && _received.ContainsKey(receipt.PacketIdentifier))
        {
            _received[receipt.PacketIdentifier] = true;
        }

        var sequence = isThisConnection ? receipt.Sequence : FindResent(receipt);
        if (sequence >= _head && sequence < _tail && !At(sequence).IsFinished)
        {
            At(sequence) = At(sequence) with { IsFinished = true, ReasonCode = reasonCode };
        }
    }

    /// <summary>The next acknowledgement that may leave: that of the oldest message, once it is finished.</summary>
    public bool TryTakeFinished(out Entry entry)
    {
        entry = default;
        if (_head == _tail || !At(_head).IsFinished)
        {
            return false;
        }

        entry = At(_head++);
        if (entry.QoS == QualityOfService.AtLeastOnce)
        {
            _atLeastOnceCount--;
        }
        else if (entry.ReasonCode.IsFailure())
        {
            _received.Remove(entry.PacketIdentifier);
        }

        return true;
    }

    /// <summary>PUBREL: the identifier is free. False: it was not in use.</summary>
    public bool Release(ushort packetIdentifier) => _received.Remove(packetIdentifier);

    /// <summary>The connection is gone; QoS 2 identifiers stay with the session.</summary>
    public void ConnectionLost()
    {
        _head = _tail;
        _atLeastOnceCount = 0;
    }

    /// <summary>The session is gone too.</summary>
    public void SessionLost() => _received.Clear();

    // A message of QoS 2 that outlived its connection is acknowledged where the server has sent it again.
    private long FindResent(in Receipt receipt)
    {
        for (var sequence = _head; receipt.QoS == QualityOfService.ExactlyOnce && sequence < _tail; sequence++)
        {
            if (At(sequence).PacketIdentifier == receipt.PacketIdentifier && At(sequence).QoS == receipt.QoS)
            {
                return sequence;
            }
        }

        return -1;
    }

    private ref Entry At(long sequence) => ref _entries[sequence & (_entries.Length - 1)];

    private void Grow()
    {
        var old = _entries;
        _entries = new Entry[old.Length * 2];
        for (var sequence = _head; sequence < _tail; sequence++)
        {
            At(sequence) = old[sequence & (old.Length - 1)];
        }
    }

    /// <summary>A message that waits for its acknowledgement.</summary>
    internal readonly record struct Entry(ushort PacketIdentifier, QualityOfService QoS, bool IsFinished, ReasonCode ReasonCode);
}
