using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <summary>Where a PUBLISH of QoS 1 or 2 stands. MQTT 5.0 §4.3.</summary>
internal enum DeliveryState : byte
{
    Free,
    AwaitingPubAck,
    AwaitingPubRec,
    AwaitingPubComp,
}

/// <summary>
/// The messages sent and not acknowledged, in the order they were sent, by Packet Identifier 1 to capacity. Identifiers that
/// become free are taken again in turn, so that one is unused as long as possible. Everything is an array of fixed size.
/// </summary>
internal sealed class OutgoingWindow
{
    private const int End = 0;

    // Index = Packet Identifier; index 0 is the head of the list.
    private readonly Slot[] _slots;
    private readonly ushort[] _free;
    private int _freeHead;
    private int _freeCount;
    private int _resend;

    public OutgoingWindow(int capacity)
    {
        _slots = new Slot[capacity + 1];
        _free = new ushort[capacity];
        for (var i = 0; i < capacity; i++)
        {
            _free[i] = (ushort)(i + 1);
        }

        _freeCount = capacity;
    }

    public int Count => _free.Length - _freeCount;

    public bool IsFull => _freeCount == 0;

    /// <summary>The message that was sent first; 0: none.</summary>
    public ushort Oldest => (ushort)_slots[End].Next;

    /// <summary>The next message to send again after a reconnect; 0: none.</summary>
    public ushort NextToResend => (ushort)_resend;

    public ref Slot this[ushort packetIdentifier] => ref _slots[packetIdentifier];

    /// <summary>True if the identifier is one of this window and is in use.</summary>
    public bool Contains(ushort packetIdentifier) =>
        packetIdentifier < _slots.Length && packetIdentifier > 0 && _slots[packetIdentifier].State != DeliveryState.Free;

    /// <summary>Takes the next free identifier; the window must not be full.</summary>
    public ushort Add(in OutgoingPublish publish, DeliveryState state)
    {
        var identifier = _free[_freeHead];
        _freeHead = (_freeHead + 1) % _free.Length;
        _freeCount--;

        var last = _slots[End].Previous;
        _slots[identifier] = new Slot { Publish = publish, State = state, Previous = last, Next = End };
        _slots[last].Next = identifier;
        _slots[End].Previous = identifier;
        return identifier;
    }

    /// <summary>Takes an identifier of which an earlier process knew; false if it is none of this window or in use.</summary>
    public bool TryRestore(ushort packetIdentifier, in OutgoingPublish publish, DeliveryState state)
    {
        if (packetIdentifier == 0 || packetIdentifier >= _slots.Length || Contains(packetIdentifier))
        {
            return false;
        }

        // It is taken by going round until it is the next.
        while (_free[_freeHead] != packetIdentifier)
        {
            _free[(_freeHead + _freeCount) % _free.Length] = _free[_freeHead];
            _freeHead = (_freeHead + 1) % _free.Length;
        }

        Add(publish, state);
        _slots[packetIdentifier].WasSent = true;
        return true;
    }

    public OutgoingPublish Remove(ushort packetIdentifier)
    {
        ref var slot = ref _slots[packetIdentifier];
        var publish = slot.Publish;
        if (_resend == packetIdentifier)
        {
            _resend = slot.Next;
        }

        _slots[slot.Previous].Next = slot.Next;
        _slots[slot.Next].Previous = slot.Previous;
        slot = default;
        _free[(_freeHead + _freeCount) % _free.Length] = packetIdentifier;
        _freeCount++;
        return publish;
    }

    /// <summary>The newest is to be sent once those before it are.</summary>
    public void SendLater(ushort packetIdentifier) => _resend = _resend == End ? packetIdentifier : _resend;

    /// <summary>Everything is to be sent again, from the oldest on.</summary>
    public void BeginResend() => _resend = _slots[End].Next;

    public void AdvanceResend() => _resend = _slots[_resend].Next;

    /// <summary>The identifiers in use, oldest first. The window must not be changed meanwhile.</summary>
    public IEnumerable<ushort> InOrder()
    {
        for (var at = _slots[End].Next; at != End; at = _slots[at].Next)
        {
            yield return (ushort)at;
        }
    }

    internal struct Slot
    {
        public OutgoingPublish Publish;
        public DeliveryState State;

        /// <summary>What PUBREC said: success, or that nobody subscribes.</summary>
        public ReasonCode Received;

        /// <summary>Its PUBLISH waits for the store, or after PUBREC its PUBREL, if only because one before it does.</summary>
        public bool IsHeld;

        /// <summary>The store has forgotten it: its PUBREL waits for those before it alone.</summary>
        public bool IsForgotten;

        /// <summary>Sent at least once within the session that the server has now.</summary>
        public bool WasSent;

        /// <summary>Sent over this connection, of whose quota it has a part until it ends.</summary>
        public bool HasQuota;
        public int Previous;
        public int Next;
    }
}
