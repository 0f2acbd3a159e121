using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Persistence;

/// <summary>What the journal knows of a session that outlives its connection: what of it is to be committed.</summary>
internal sealed class SessionRecord(ServerSession session, long id)
{
    public ServerSession Session { get; } = session;

    public long Id { get; } = id;

    /// <summary>The number of the delivery that came last.</summary>
    public long LastDelivery { get; set; }

    /// <summary>Nothing that still refers to it is of interest.</summary>
    public bool IsEnded { get; set; }

    /// <summary>It is among the journal's changed sessions.</summary>
    public bool IsListed { get; set; }

    /// <summary>The row of the session itself is to be committed.</summary>
    public bool IsChanged { get; set; }

    /// <summary>Topic Filters whose subscription came, changed or went.</summary>
    public HashSet<string> Subscriptions { get; } = new(0, StringComparer.Ordinal);

    /// <summary>Packet Identifiers of QoS 2 messages that were received or released.</summary>
    public HashSet<ushort> Incoming { get; } = [];
}

/// <summary>What the journal knows of a message that is on its way to sessions with a record.</summary>
internal sealed class MessageRecord(StoredMessage message, long id)
{
    public StoredMessage Message { get; } = message;

    public long Id { get; } = id;

    /// <summary>Deliveries that need it.</summary>
    public int References { get; set; }

    /// <summary>The store has it, or gets it with the commit that is under way.</summary>
    public bool IsWritten { get; set; }
}

/// <summary>What the journal knows of a message on its way to one session.</summary>
internal sealed class DeliveryRecord(SessionRecord session, long number)
{
    public SessionRecord Session { get; } = session;

    public long Number { get; } = number;

    /// <summary>Null once the client owns it (PUBREC).</summary>
    public MessageRecord? Message { get; set; }

    public QualityOfService QoS { get; init; }

    public bool Retain { get; init; }

    public SubscriptionIdentifiers Identifiers { get; init; }

    /// <summary>0 until it is sent.</summary>
    public ushort PacketIdentifier { get; set; }

    /// <inheritdoc cref="MessageRecord.IsWritten"/>
    public bool IsWritten { get; set; }

    /// <summary>It is among the journal's changed deliveries.</summary>
    public bool IsListed { get; set; }

    /// <summary>Acknowledged, expired or dropped.</summary>
    public bool IsRemoved { get; set; }

    public DeliveryRow ToRow() => new()
    {
        SessionId = Session.Id,
        Number = Number,
        MessageId = Message?.Id,
        QoS = QoS,
        Retain = Retain,
        PacketIdentifier = PacketIdentifier,
        SubscriptionIdentifiers = Identifiers.IsEmpty ? null : Identifiers.ToArray(),
    };
}
