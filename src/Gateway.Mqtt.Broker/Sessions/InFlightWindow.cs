using System.Runtime.CompilerServices;
using Gateway.Mqtt.Broker.Persistence;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>What the broker waits for after it sent a PUBLISH. MQTT 5.0 §4.3.</summary>
internal enum DeliveryState : byte
{
    /// <summary>Nothing: acknowledged, or never used.</summary>
    Complete,
    AwaitingPubAck,
    AwaitingPubRec,
    AwaitingPubComp,
}

/// <summary>One message on its way to one client.</summary>
internal struct Delivery
{
    /// <summary>Null once the client owns it (PUBREC).</summary>
    public StoredMessage? Message;
    public QualityOfService QoS;
    public bool Retain;
    public DeliveryState State;
    public SubscriptionIdentifiers Identifiers;

    /// <summary>The shared subscription that it was chosen from.</summary>
    public SharedGroup? Group;

    /// <summary>The journal's; null when nothing of it is kept in a store.</summary>
    public DeliveryRecord? Record;
}

/// <summary>
/// The QoS 1 and 2 messages that were sent and not yet acknowledged, in the order of sending. Packet Identifiers
/// are handed out one after the other, so an acknowledgement finds its message by subtraction; while the oldest is
/// not acknowledged at most 65,535 can follow it. It starts without memory. Not thread-safe.
/// </summary>
internal sealed class InFlightWindow
{
    private const int Identifiers = ushort.MaxValue;

    private Delivery[] _ring = [];
    private int _headSlot;
    private ushort _headIdentifier = 1;

    /// <summary>From the oldest unacknowledged to the newest sent, with the acknowledged between them.</summary>
    public int Span { get; private set; }

    /// <summary>Those that are not complete.</summary>
    public int Count { get; private set; }

    public bool HasFreeIdentifier => Span < Identifiers;

    /// <summary>The Packet Identifier at a place of the span.</summary>
    public ushort IdentifierAt(int place) => (ushort)(((_headIdentifier - 1 + place) % Identifiers) + 1);

    /// <summary>The delivery at a place of the span, oldest first.</summary>
    public ref Delivery At(int place) => ref _ring[(_headSlot + place) & (_ring.Length - 1)];

    /// <returns>The Packet Identifier.</returns>
    public ushort Add(in Delivery delivery)
    {
        if (Span == _ring.Length)
        {
            Grow();
        }

        var identifier = IdentifierAt(Span);
        At(Span++) = delivery;
        Count++;
        return identifier;
    }

    /// <summary>Puts back a delivery that a store kept, with its Packet Identifier; they come in the order of sending.</summary>
    /// <returns>False when the identifier cannot follow those that are there.</returns>
    public bool TryRestore(ushort identifier, in Delivery delivery)
    {
        if (Span == 0)
        {
            _headIdentifier = identifier;
        }

        var place = (identifier - _headIdentifier + Identifiers) % Identifiers;
        if (place < Span)
        {
            return false;
        }

        while (Span < place)
        {
            Add(default);
            Count--;
        }

        Add(delivery);
        return true;
    }

    /// <summary>The delivery of that Packet Identifier, or a null reference when there is none.</summary>
    public ref Delivery Find(ushort identifier)
    {
        var place = (identifier - _headIdentifier + Identifiers) % Identifiers;
        if (identifier == 0 || place >= Span || At(place).State == DeliveryState.Complete)
        {
            return ref Unsafe.NullRef<Delivery>();
        }

        return ref At(place);
    }

    /// <summary>Forgets a delivery that <see cref="Find"/> found.</summary>
    public void Complete(ref Delivery delivery)
    {
        delivery = default;
        Count--;
        while (Span > 0 && At(0).State == DeliveryState.Complete)
        {
            _headSlot = (_headSlot + 1) & (_ring.Length - 1);
            _headIdentifier = IdentifierAt(1);
            Span--;
        }
    }

    private void Grow()
    {
        var larger = new Delivery[Math.Max(4, _ring.Length * 2)];
        for (var place = 0; place < Span; place++)
        {
            larger[place] = At(place);
        }

        _ring = larger;
        _headSlot = 0;
    }
}
