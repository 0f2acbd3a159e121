using System.Buffers;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Embedding;
using Gateway.Mqtt.Broker.Persistence;
using Gateway.Mqtt.Broker.Retained;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Statistics;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>
/// All that the broker knows: sessions, subscriptions, retained messages, deadlines. It sees packets and a clock that
/// its owner sets; it touches no socket, no timer, no log. Not thread-safe: its owner lets one thread in at a time.
/// </summary>
internal sealed class BrokerState
{
    /// <summary>Topic Filters that a packet may have where <see cref="BrokerLimits.Subscriptions"/> are fewer: each beyond that is refused by itself.</summary>
    private const int FewestFilters = 1000;

    private readonly RouteTargets _targets = new();
    private readonly PublishVariants _variants = new();
    private readonly OutputBuffer _encoded = new();

    private TokenBucket _connects;

    public BrokerState(BrokerLimits limits, IAuthorizer? authorizer, IReadOnlyList<IServerAuthenticationMethod>? authenticationMethods = null)
    {
        AuthenticationMethods = authenticationMethods ?? [];
        Limits = limits;
        Decoding = new DecodeLimits(Math.Max(limits.Subscriptions, FewestFilters), KeepsUserProperties: false);
        _connects = new TokenBucket(limits.ConnectRate, TokenBucket.ConnectBurst);
        Addresses = new AddressTable(limits, Deadlines);
        Authorizer = authorizer;
        Retained = new RetainedStore(limits, Deadlines);
        Sessions = new SessionDirectory(this);
        Journal = new Journal(this);
    }

    public BrokerLimits Limits { get; }

    /// <summary>What is read of the packets of clients.</summary>
    public DecodeLimits Decoding { get; }

    /// <summary>Null when everybody may do everything.</summary>
    public IAuthorizer? Authorizer { get; }

    /// <summary>What CONNECT may ask for by Authentication Method.</summary>
    public IReadOnlyList<IServerAuthenticationMethod> AuthenticationMethods { get; }

    public Tally Tally { get; } = new();

    public Deadlines Deadlines { get; } = new();

    public AddressTable Addresses { get; }

    public SubscriptionTree Subscriptions { get; } = new();

    public RetainedStore Retained { get; }

    public SessionDirectory Sessions { get; }

    public Journal Journal { get; }

    /// <summary>The broker's own topics; null: there are none.</summary>
    public SystemTopics? SystemTopics { get; set; }

    /// <summary>Whether a user, null for anonymous clients, may still log in; answers at once.</summary>
    public Func<string?, bool> KnowsUser { get; init; } = static _ => true;

    /// <summary>Is another one whenever users are gone or have other passwords.</summary>
    public int UsersVersion { get; set; }

    /// <summary>Payloads that are declared to be text are checked.</summary>
    public bool ValidatesPayloadFormat { get; init; }

    /// <summary>Milliseconds since the broker was made; the owner sets it before each turn.</summary>
    public long Now { get; private set; }

    /// <summary>Connections that have something to send or are to be closed, since the owner last took them.</summary>
    public List<ServerConnection> Dirty { get; } = [];

    /// <summary>Connections that published what a tap has to make safe, and until when that takes, since the owner last took them.</summary>
    public List<(ServerConnection Publisher, Task Until)> Unsafe { get; } = [];

    /// <summary>What clients did since the owner last took it, for its log.</summary>
    public List<BrokerEvent> Events { get; } = [];

    /// <summary>Whose packets are being handled; null when nobody's are.</summary>
    public ServerConnection? Publisher { get; set; }

    public EventObservers Observers { get; } = new();

    /// <summary>Connections that were closed for an error, since the owner last took them.</summary>
    public List<ServerConnection> Faulted { get; } = [];

    /// <summary>Begins a turn: what is due by now happens first.</summary>
    public void Advance(long now)
    {
        Now = now;
        if (Deadlines.Next <= now)
        {
            Deadlines.Run(now);
        }
    }

    /// <summary>A network connection begins. Null when there are too many, at all or from its address.</summary>
    /// <param name="transport">Carries its bytes.</param>
    /// <param name="remoteEndPoint">Where it comes from.</param>
    /// <param name="clientCertificate">What the client showed in TLS.</param>
    /// <param name="isCounted">Whether its handshake was counted against the rate, so that its CONNECT is not.</param>
    public ServerConnection? TryOpen(IConnectionTransport transport, EndPoint? remoteEndPoint, X509Certificate2? clientCertificate = null, bool isCounted = false)
        => TryEnter(remoteEndPoint, countsNow: false, out var address)
            ? new ServerConnection(this, transport, remoteEndPoint, address) { ClientCertificate = clientCertificate, IsCounted = isCounted }
            : null;

    /// <summary>A network connection takes its place; <see cref="Leave"/> gives it back. False when there are too many.</summary>
    /// <param name="remoteEndPoint">Where it comes from.</param>
    /// <param name="countsNow">
    /// Whether it counts against the rate now, and not with its CONNECT: it begins with a handshake, which costs more than that. False is
    /// answered where they come too fast, then.
    /// </param>
    /// <param name="address">What is known of where it comes from; null: nothing.</param>
    public bool TryEnter(EndPoint? remoteEndPoint, bool countsNow, out AddressRecord? address)
    {
        var hasRoom = Tally.Connections < Limits.Connections;
        address = hasRoom ? Addresses.Enter(remoteEndPoint, out hasRoom) : null;
        if (hasRoom && countsNow && !TryConnect(address))
        {
            Addresses.Leave(address);
            address = null;
            hasRoom = false;
        }

        if (hasRoom)
        {
            Tally.Connections++;
            Tally.ConnectionsOpened++;
        }
        else
        {
            Tally.ConnectionsRefused++;
        }

        return hasRoom;
    }

    /// <summary>A network connection is closed.</summary>
    public void Leave(AddressRecord? address)
    {
        Tally.Connections--;
        Addresses.Leave(address);
    }

    /// <summary>Whether another client may connect now, from that address and at all.</summary>
    public bool TryConnect(AddressRecord? address) => address?.TryConnect(Now) != false && _connects.TryTake(Now);

    /// <summary>A client did something.</summary>
    public void Raise(BrokerEvent happened)
    {
        Events.Add(happened);
        if (Observers.Wants(happened.Kind))
        {
            Observers.Tell(new PendingEvent(happened.Kind, happened));
        }
    }

    /// <summary>A client has a message.</summary>
    public void RaiseDelivered(string clientId, StoredMessage message, QualityOfService qos, bool retain)
        => Observers.Tell(new PendingEvent(BrokerEventKinds.MessageDelivered, null, clientId, message, qos, retain));

    /// <summary>Until when the message that was routed last is not safe; null: it is, or nobody asked for that.</summary>
    public Task? UnsafeUntil { get; private set; }

    /// <summary>A subscriber has to make the message that is being routed safe.</summary>
    public void SetUnsafe(Task until) => UnsafeUntil = UnsafeUntil is null ? until : Task.WhenAll(UnsafeUntil, until);

    /// <summary>Whether a subscriber that should have kept the message that was routed last could not.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>A subscriber cannot keep the message that is being routed, and its publisher may know.</summary>
    public void SetRefused() => IsRefused = true;

    /// <summary>Routes a message of a client, of this process, or a Will.</summary>
    /// <param name="message">Valid, as the codec reads it back.</param>
    /// <param name="publisher">Who published it; null for this process.</param>
    /// <returns>How many subscribers it went to.</returns>
    /// <exception cref="MqttException">The message cannot be expressed in MQTT.</exception>
    public int Publish(ApplicationMessage message, ClientIdentity? publisher)
    {
        try
        {
            var view = Encode(message);
            return Route(view, view.Topic, publisher);
        }
        finally
        {
            _encoded.Clear();
        }
    }

    /// <summary>Routes a PUBLISH where it lies in the receive buffer.</summary>
    /// <param name="view">The packet.</param>
    /// <param name="topic">Its Topic Name, or that of its Topic Alias.</param>
    /// <param name="publisher">Who published it; null for this process.</param>
    /// <returns>How many subscribers it went to.</returns>
    public int Route(scoped in PublishView view, ReadOnlySpan<byte> topic, ClientIdentity? publisher)
    {
        var properties = view.Properties;
        var expiryOffset = view.MessageExpiryOffset;
        byte[]? rented = null;
        if (view.TopicAlias is not null)
        {
            rented = ArrayPool<byte>.Shared.Rent(properties.Length);
            expiryOffset = view.CopyForwardedProperties(rented);
            properties = rented.AsSpan(0, view.ForwardedPropertiesLength);
        }

        var message = new RoutedMessage
        {
            Topic = topic,
            Properties = properties,
            ExpiryOffset = expiryOffset,
            Payload = view.Payload,
            QoS = view.QoS,
            Retain = view.Retain,
            ExpiresAt = view.MessageExpiryInterval is { } seconds ? Now + (seconds * 1000L) : RoutedMessage.Never,
            Origin = publisher?.ClientId,
            Publisher = publisher,
        };
        var count = Route(ref message);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return count;
    }

    /// <summary>Calls <paramref name="visit"/> for each retained message that a filter (not shared) matches.</summary>
    public void MatchRetained(ReadOnlySpan<byte> filter, Action<StoredMessage> visit)
    {
        Retained.Match(filter, visit);
        SystemTopics?.Match(filter, visit);
    }

    /// <summary>Delivers a message to whoever subscribed to its topic.</summary>
    /// <returns>How many subscribers it went to.</returns>
    public int Distribute(ref RoutedMessage message)
    {
        _targets.Begin(message.Origin);
        Subscriptions.Match(message.Topic, _targets);
        var targets = _targets.Items;
        var count = targets.Length;
        if (count > 1)
        {
            _variants.Begin();
            message.Variants = _variants;
        }

        foreach (ref readonly var target in targets)
        {
            if (target.Group is { } group && !target.Subscriber.MayReceive(message.Topic))
            {
                Distribute(group, ref message);
            }
            else
            {
                target.Subscriber.Deliver(ref message, target);
            }
        }

        if (count > 1)
        {
            _variants.End();
        }

        _targets.End();
        return count;
    }

    /// <summary>Delivers a message to a member of a group who may receive it, if there is one.</summary>
    public void Distribute(SharedGroup group, ref RoutedMessage message)
    {
        if (group.Choose(message.Topic) is { } member)
        {
            member.Subscriber.Deliver(ref message, new RouteTarget
            {
                Subscriber = member.Subscriber,
                MaximumQoS = member.MaximumQoS,
                RetainAsPublished = member.RetainAsPublished,
                Identifiers = default(SubscriptionIdentifiers).With(member.SubscriptionIdentifier),
                Group = group,
            });
        }
        else
        {
            Tally.Unauthorized++;
        }
    }

    private int Route(ref RoutedMessage message)
    {
        Tally.MessagesReceived++;
        UnsafeUntil = null;
        IsRefused = false;
        Tally.PayloadBytesReceived += message.Payload.Length;
        message.Now = Now;
        if (message.Retain && !Retained.Set(message.Store()))
        {
            Tally.NotRetained++;
        }

        if (Observers.Wants(BrokerEventKinds.MessagePublished))
        {
            Observers.Tell(new PendingEvent(BrokerEventKinds.MessagePublished, null, message.Origin, message.Store(), message.QoS, message.Retain));
        }

        return Distribute(ref message);
    }

    // The caller clears the buffer that the view lies in.
    private PublishView Encode(ApplicationMessage message)
    {
        var identifier = message.QoS == QualityOfService.AtMostOnce ? (ushort)0 : (ushort)1;
        PacketCodec.TryWrite(new PublishPacket { Message = message, PacketIdentifier = identifier }, ProtocolVersion.V50, _encoded);
        var reader = new PacketReader(_encoded.Written, ProtocolVersion.V50);
        reader.Read(out var frame);
        return PublishView.TryRead(frame, ProtocolVersion.V50, out var view, out var error)
            ? view
            : throw new MqttException($"The message cannot be published: {error.Message}");
    }
}
