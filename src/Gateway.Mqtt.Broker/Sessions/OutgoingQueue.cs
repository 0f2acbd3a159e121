namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>
/// The messages that wait until a client returns, or acknowledges others: first in, first out. It counts its own
/// bytes; the limits are the session's. It starts without memory. Not thread-safe.
/// </summary>
internal sealed class OutgoingQueue
{
    private Delivery[] _ring = [];
    private int _head;

    public int Count { get; private set; }

    /// <summary>The sizes of the messages together; one that waits for many clients counts with each.</summary>
    public long Bytes { get; private set; }

    /// <summary>The messages among them that are QoS 0.</summary>
    public int QoS0Count { get; private set; }

    /// <summary>The one at a place, oldest first.</summary>
    public ref readonly Delivery this[int place] => ref _ring[(_head + place) & (_ring.Length - 1)];

    /// <summary>The one that came last; there is one.</summary>
    public ref Delivery Newest => ref _ring[(_head + Count - 1) & (_ring.Length - 1)];

    public void Enqueue(in Delivery delivery)
    {
        if (Count == _ring.Length)
        {
            Grow();
        }

        _ring[(_head + Count++) & (_ring.Length - 1)] = delivery;
        Bytes += delivery.Message!.Size;
        QoS0Count += delivery.QoS == 0 ? 1 : 0;
    }

    public Delivery Dequeue()
    {
        var delivery = _ring[_head];
        _ring[_head] = default;
        _head = (_head + 1) & (_ring.Length - 1);
        Bytes -= delivery.Message!.Size;
        QoS0Count -= delivery.QoS == 0 ? 1 : 0;
        if (--Count == 0)
        {
            _ring = [];
            _head = 0;
        }

        return delivery;
    }

    private void Grow()
    {
        var larger = new Delivery[Math.Max(4, _ring.Length * 2)];
        for (var place = 0; place < Count; place++)
        {
            larger[place] = this[place];
        }

        _ring = larger;
        _head = 0;
    }
}
