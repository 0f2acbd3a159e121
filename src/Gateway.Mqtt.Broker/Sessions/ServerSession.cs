using System.Runtime.CompilerServices;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Persistence;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>
/// The session of one client: its subscriptions, the messages under way in both directions, and those that wait.
/// It outlives network connections as its Session Expiry Interval says. MQTT 5.0 §4.1, §4.3, §4.4, §4.9.
/// </summary>
internal sealed partial class ServerSession(BrokerState state, ClientIdentity identity) : Subscriber
{
    private readonly InFlightWindow _window = new();
    private readonly OutgoingQueue _queue = new();
    private Backlog? _backlog;
    private HashSet<ushort>? _incoming;
    private int _quota;
    private int _resendPlace;

    public ClientIdentity Identity { get; set; } = identity;

    /// <summary>The client is another broker's bridge, and said so.</summary>
    public bool IsBridge { get; set; }

    public override string ClientId => Identity.ClientId;

    /// <summary>Counts whenever the client takes bytes or acknowledges a message.</summary>
    public long Progress { get; private set; }

    /// <summary>Null while the client is away.</summary>
    public ISessionConnection? Connection { get; private set; }

    /// <summary>By Topic Filter as the client wrote it.</summary>
    public Dictionary<string, RoutedSubscription> Subscriptions { get; } = new(StringComparer.Ordinal);

    /// <summary>How long the session outlives its connection, seconds; <see cref="uint.MaxValue"/>: for ever.</summary>
    public uint ExpiryInterval { get; set; }

    /// <summary>When the last connection was closed, milliseconds on the broker's clock.</summary>
    public long DisconnectedAt { get; set; }

    /// <summary>Published when the connection ends without a normal DISCONNECT; null: none.</summary>
    public WillMessage? Will { get; set; }

    /// <summary>The journal's; null when the session ends with its connection, or no store keeps it.</summary>
    public SessionRecord? Record { get; set; }

    /// <summary>When the session ends, or its Will is due: scheduled while the client is away.</summary>
    public SessionDeadline Deadline => field ??= new SessionDeadline(state.Sessions, this);

    public IReadOnlyCollection<ushort> IncomingIdentifiers => _incoming ?? (IReadOnlyCollection<ushort>)[];

    public override Readiness Readiness
        => Connection is null ? Readiness.Away
            : _quota > 0 && _queue.Count == 0 && _resendPlace == _window.Span && !Connection.IsCongested ? Readiness.Ready
            : Readiness.Busy;

    /// <summary>A network connection takes the session up: what was not acknowledged is sent again, in order. §4.4.</summary>
    public void Attach(ISessionConnection connection)
    {
        Connection = connection;
        _quota = connection.ReceiveMaximum;
        _resendPlace = 0;
        Pump();
    }

    public void Detach()
    {
        Connection = null;
        _backlog?.Release();
    }

    public override bool MayReceive(ReadOnlySpan<byte> topic) => state.Authorizer is not { } authorizer || authorizer.MayRead(Identity, topic);

    public override void Deliver(ref RoutedMessage message, in RouteTarget target)
    {
        if (!MayReceive(message.Topic))
        {
            state.Tally.Unauthorized++;
            return;
        }

        var qos = message.QoS < target.MaximumQoS ? message.QoS : target.MaximumQoS;
        var retain = target.IsRetained || (target.RetainAsPublished && message.Retain);
        if (qos == QualityOfService.AtMostOnce)
        {
            DeliverAtMostOnce(ref message, target, retain);
            return;
        }

        var delivery = new Delivery
        {
            Message = message.Store(),
            QoS = qos,
            Retain = retain,
            Identifiers = target.Identifiers,
            Group = target.Group,
        };
        if (Readiness == Readiness.Ready && _window.HasFreeIdentifier)
        {
            Send(ref message, ref delivery);
        }
        else
        {
            Enqueue(delivery, target.IsRetained);
            if (_queue.Count > state.Limits.QueuedMessages / 2 || _queue.Bytes > state.Limits.QueuedBytes / 2)
            {
                HoldPublisher();
            }
        }
    }

    /// <summary>The client has taken bytes.</summary>
    public void OnRoom(int count)
    {
        Progress += count;
        Pump();
    }

    /// <summary>PUBACK. False when it answers a QoS 2 message, which is a protocol error. §3.4.</summary>
    public bool OnPubAck(ushort identifier)
    {
        ref var delivery = ref _window.Find(identifier);
        if (Unsafe.IsNullRef(ref delivery))
        {
            return true;
        }

        if (delivery.State != DeliveryState.AwaitingPubAck)
        {
            return false;
        }

        OnDelivered(delivery);
        Complete(ref delivery);
        return true;
    }

    /// <summary>PUBREC: the client owns the message, or refuses it. §3.5.</summary>
    /// <param name="identifier">Packet Identifier.</param>
    /// <param name="reasonCode">Of the PUBREC.</param>
    /// <param name="answer">For PUBREL: whether the Packet Identifier is known; null when the flow is over and nothing is sent.</param>
    /// <returns>False when it answers a QoS 1 message, which is a protocol error.</returns>
    public bool OnPubRec(ushort identifier, ReasonCode reasonCode, out ReasonCode? answer)
    {
        answer = ReasonCode.PacketIdentifierNotFound;
        ref var delivery = ref _window.Find(identifier);
        if (Unsafe.IsNullRef(ref delivery))
        {
            answer = reasonCode.IsFailure() ? null : answer;
            return true;
        }

        if (delivery.State == DeliveryState.AwaitingPubAck)
        {
            return false;
        }

        if (reasonCode.IsFailure())
        {
            answer = null;
            Complete(ref delivery);
            return true;
        }

        answer = ReasonCode.Success;
        OnDelivered(delivery);
        delivery.Message = null;
        delivery.State = DeliveryState.AwaitingPubComp;
        state.Journal.OnReceived(delivery);
        return true;
    }

    /// <summary>PUBCOMP. False when the message it answers was not released yet, which is a protocol error. §3.7.</summary>
    public bool OnPubComp(ushort identifier)
    {
        ref var delivery = ref _window.Find(identifier);
        if (Unsafe.IsNullRef(ref delivery))
        {
            return true;
        }

        if (delivery.State != DeliveryState.AwaitingPubComp)
        {
            return false;
        }

        Complete(ref delivery);
        return true;
    }

    /// <summary>Whether a QoS 2 PUBLISH with that Packet Identifier was received and is not yet released. §4.3.3.</summary>
    public bool IsIncoming(ushort identifier) => _incoming is not null && _incoming.Contains(identifier);

    public int IncomingCount => _incoming?.Count ?? 0;

    public void AddIncoming(ushort identifier)
    {
        (_incoming ??= []).Add(identifier);
        state.Journal.OnIncomingChanged(this, identifier);
    }

    /// <summary>PUBREL. False when the Packet Identifier is not known.</summary>
    public bool ReleaseIncoming(ushort identifier)
    {
        if (_incoming is null || !_incoming.Remove(identifier))
        {
            return false;
        }

        state.Journal.OnIncomingChanged(this, identifier);
        return true;
    }

    /// <summary>Puts back the Packet Identifier of a QoS 2 message that was received and not released.</summary>
    public void RestoreIncoming(ushort identifier) => (_incoming ??= []).Add(identifier);

    /// <summary>Puts back a message that a store kept, in its order.</summary>
    /// <param name="delivery">The message with its record; its state says whether and how it was sent.</param>
    /// <param name="identifier">Its Packet Identifier; 0 when it was not sent.</param>
    public void Restore(Delivery delivery, ushort identifier)
    {
        if (identifier != 0 && _window.TryRestore(identifier, delivery))
        {
            return;
        }

        delivery.State = DeliveryState.Complete;
        if (delivery.Message is null || !TryEnqueue(delivery, isRetained: false))
        {
            state.Journal.OnRemoved(delivery);
        }
    }

    /// <summary>The records of all messages that are to be kept, in the order of sending.</summary>
    public IEnumerable<DeliveryRecord> DeliveryRecords()
    {
        for (var place = 0; place < _window.Span; place++)
        {
            if (_window.At(place).Record is { } record)
            {
                yield return record;
            }
        }

        for (var place = 0; place < _queue.Count; place++)
        {
            if (_queue[place].Record is { } record)
            {
                yield return record;
            }
        }
    }

    /// <summary>
    /// Gives up all messages, as the session ends. Those that a shared subscription chose this client for, and that
    /// it cannot have seen or need not see, go to <paramref name="orphans"/>. §4.8.2.
    /// </summary>
    public void Abandon(List<Delivery> orphans)
    {
        for (var place = 0; place < _window.Span; place++)
        {
            // A QoS 2 message that was sent belongs to this client, come what may: MQTT-4.8.2-5.
            ref readonly var delivery = ref _window.At(place);
            state.Journal.OnRemoved(delivery);
            if (delivery is { State: DeliveryState.AwaitingPubAck, Group: not null })
            {
                orphans.Add(delivery);
            }
        }

        while (_queue.Count > 0)
        {
            var delivery = Dequeue();
            state.Journal.OnRemoved(delivery);
            if (delivery.Group is not null)
            {
                orphans.Add(delivery);
            }
        }
    }
}
