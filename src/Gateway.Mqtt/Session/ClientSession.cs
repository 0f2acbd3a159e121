using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <summary>
/// The client's side of a session over any number of connections: a pure state machine. Packets and times go in, effects go
/// to the sink. Not thread-safe.
/// <code>
/// idle ── Connect ──► awaiting CONNACK ── CONNACK ──► connected ── Disconnect, error, time-out ──► ended
///   ▲                                                                                                │
///   └──────────────────────────────── ConnectionLost ────────────────────────────────────────────────┘
/// </code>
/// Times are monotonic, from any origin.
/// </summary>
internal sealed partial class ClientSession
{
    private readonly IClientSessionSink _sink;
    private readonly ProtocolVersion _version;
    private readonly TimeSpan _connectTimeout;
    private readonly TimeSpan _pingTimeout;
    private readonly TimeSpan? _acknowledgeTimeout;
    private readonly PoisonWatch? _poison;
    private readonly OutgoingDeliveries _outgoing;
    private readonly RequestTable _requests;
    private readonly KeepAliveClock _keepAlive;
    private readonly IncomingDeliveries _incoming;

    private SessionState _state;
    private ConnectPacket? _connect;
    private TimeSpan _connectDeadline;
    private bool _hasConnected;

    // When PINGREQ asks whether the connection lives; none after that.
    private TimeSpan _proofDue = TimeSpan.MaxValue;
    private ServerLimits _server = ServerLimits.Of(null);

    /// <param name="sink">Takes the effects.</param>
    /// <param name="version">The version of every connection.</param>
    /// <param name="maximumInFlight">The most messages to send without acknowledgement, 1 to 65,000.</param>
    /// <param name="maximumAliases">The most Topic Aliases to use; a server lowers it.</param>
    /// <param name="connectTimeout">The longest wait for CONNACK.</param>
    /// <param name="pingTimeout">The longest silence after PINGREQ.</param>
    /// <param name="poisonAfter">Connections that one message may cost, see <see cref="PoisonWatch"/>; null: any number.</param>
    /// <param name="acknowledgeTimeout">The longest that the oldest message in flight waits for its next acknowledgement; null: for ever.</param>
    public ClientSession(
        IClientSessionSink sink,
        ProtocolVersion version,
        int maximumInFlight,
        ushort maximumAliases,
        TimeSpan connectTimeout,
        TimeSpan pingTimeout,
        TimeSpan? acknowledgeTimeout = null,
        int? poisonAfter = null)
    {
        _sink = sink;
        _version = version;
        _connectTimeout = connectTimeout;
        _pingTimeout = pingTimeout;
        _acknowledgeTimeout = acknowledgeTimeout;
        _keepAlive = new KeepAliveClock(pingTimeout);
        _poison = poisonAfter is { } patience ? new PoisonWatch(patience) : null;
        _outgoing = new OutgoingDeliveries(sink, version, maximumInFlight, maximumAliases, _keepAlive, _poison);
        _incoming = new IncomingDeliveries(sink, version, _keepAlive);
        _requests = new RequestTable(maximumInFlight + 1);
    }

    public bool IsConnected => _state == SessionState.Connected;

    private bool IsOpen => _state is SessionState.AwaitingConnAck or SessionState.Connected;

    /// <summary>When <see cref="Tick"/> has something to do, unless more happens before.</summary>
    public TimeSpan NextDeadline => _state switch
    {
        SessionState.AwaitingConnAck => _connectDeadline,
        SessionState.Connected => Earliest(_keepAlive.Deadline, _exchangeDeadline, AcknowledgementDeadline, _proofDue),
        _ => TimeSpan.MaxValue,
    };

    private TimeSpan AcknowledgementDeadline =>
        _acknowledgeTimeout is { } timeout && _outgoing.OwedSince is { } since ? since + timeout : TimeSpan.MaxValue;

    /// <summary>Messages that are sent and not acknowledged, or wait to be sent.</summary>
    public int Outstanding => _outgoing.Count;

    /// <summary>Messages that are sent and not acknowledged.</summary>
    public int InFlight => _outgoing.InFlight;

    /// <inheritdoc cref="OutgoingDeliveries.IsFruitless"/>
    public bool IsFruitless => _outgoing.IsFruitless;

    /// <summary>A network connection is open: sends CONNECT.</summary>
    public void Connect(ConnectPacket packet, TimeSpan now)
    {
        _connect = packet;
        _method = packet.AuthenticationMethod;
        _connectDeadline = now + _connectTimeout;
        _server = ServerLimits.Of(null);
        _incoming.Connecting(packet);
        _state = SessionState.AwaitingConnAck;
        PacketCodec.TryWrite(packet, _version, _sink.Output);
    }

    /// <summary>The network connection is gone. What is not acknowledged waits for the next one.</summary>
    /// <param name="now">Now, if it may have ended for a message; null: it did not, see <see cref="SessionEnd.MayBeForAMessage"/>.</param>
    public void ConnectionLost(TimeSpan? now = null)
    {
        if (now is { } lost && _hasConnected)
        {
            _outgoing.Lost(lost);
        }

        _hasConnected = false;
        _proofDue = TimeSpan.MaxValue;
        _state = SessionState.Idle;
        _incoming.ConnectionLost();
        ForgetAuthentication();
        foreach (var request in _requests.TakeAll())
        {
            _sink.RequestLost(request);
        }
    }

    /// <summary>The server of the last connection could not be reached, or none could.</summary>
    public void ServerWasAway() => _poison?.ServerWasAway();

    /// <summary>Takes a packet from the server.</summary>
    public void Receive(scoped in PacketFrame frame, TimeSpan now)
    {
        _keepAlive.Received(now);
        switch (_state)
        {
            case SessionState.AwaitingConnAck:
                ReceiveConnAck(frame, now);
                break;
            case SessionState.Connected:
                ReceiveConnected(frame, now);
                break;
        }
    }

    /// <summary>The bytes received are no packet.</summary>
    public void ReceiveMalformed(DecodeError error, TimeSpan now) =>
        Fail(error.ReasonCode, $"The server broke the protocol: {error.Message}", now);

    /// <summary>Time has passed.</summary>
    public void Tick(TimeSpan now)
    {
        if (_state == SessionState.AwaitingConnAck && now >= _connectDeadline)
        {
            End(new SessionEnd(ReasonCode.UnspecifiedError, $"The server did not answer CONNECT within {_connectTimeout.TotalSeconds:0.#} s."));
        }
        else if (_state == SessionState.Connected && now >= _exchangeDeadline)
        {
            Fail(ReasonCode.UnspecifiedError, $"The re-authentication did not end within {_connectTimeout.TotalSeconds:0.#} s.", now);
        }
        else if (_state == SessionState.Connected && _keepAlive.IsServerSilent(now))
        {
            Fail(ReasonCode.KeepAliveTimeout, $"The server did not answer PINGREQ within {_pingTimeout.TotalSeconds:0.#} s.", now, isSilence: true);
        }
        else if (_state == SessionState.Connected && now >= AcknowledgementDeadline)
        {
            Fail(ReasonCode.UnspecifiedError, $"The server has acknowledged nothing for {_acknowledgeTimeout!.Value.TotalSeconds:0.#} s.", now, isSilence: true);
        }
        else if (_state == SessionState.Connected && (now >= _proofDue || _keepAlive.IsPingDue(now)))
        {
            _proofDue = now >= _proofDue ? TimeSpan.MaxValue : _proofDue;
            PacketCodec.TryWrite(new PingReqPacket(), _version, _sink.Output);
            _keepAlive.PingSent(now);
        }
    }

    /// <summary>Takes a message to send; the caller bounds how many are <see cref="Outstanding"/>.</summary>
    public void Publish(in OutgoingPublish publish, TimeSpan now)
    {
        _outgoing.Add(publish);
        Pump(now);
    }

    /// <inheritdoc cref="OutgoingDeliveries.TryRestore"/>
    public bool TryRestore(ushort packetIdentifier, in OutgoingPublish publish, bool hasArrived) => _outgoing.TryRestore(packetIdentifier, publish, hasArrived);

    /// <inheritdoc cref="OutgoingDeliveries.Stored"/>
    public void Stored(IReadOnlyList<ushort> packetIdentifiers, TimeSpan now)
    {
        foreach (var packetIdentifier in packetIdentifiers)
        {
            _outgoing.Stored(packetIdentifier, IsConnected, now);
        }

        Pump(now);
    }

    /// <summary>Sends what may be sent: first again what an earlier connection left, then what waits, all in order.</summary>
    public void Pump(TimeSpan now)
    {
        if (_state == SessionState.Connected)
        {
            _outgoing.Pump(now);
        }
    }

    /// <inheritdoc cref="OutgoingDeliveries.DropWithdrawn"/>
    public void DropWithdrawn() => _outgoing.DropWithdrawn();

    /// <inheritdoc cref="OutgoingDeliveries.Abandon"/>
    public void Abandon() => _outgoing.Abandon();

    /// <summary>Acknowledges a received message, in the order of the messages.</summary>
    public void Acknowledge(in Receipt receipt, ReasonCode reasonCode, TimeSpan now)
    {
        if (_incoming.Finish(receipt, reasonCode) && _state == SessionState.Connected)
        {
            _incoming.Pump(now);
        }
    }

    /// <summary>Sends SUBSCRIBE.</summary>
    /// <returns>False: not connected, too many requests wait, or the packet exceeds the server's limit.</returns>
    public bool TrySubscribe(IReadOnlyList<Subscription> subscriptions, uint? subscriptionIdentifier, object request, TimeSpan now) =>
        TryRequest(
            request,
            isSubscribe: true,
            id => new SubscribePacket { PacketIdentifier = id, Subscriptions = subscriptions, SubscriptionIdentifier = subscriptionIdentifier },
            now);

    /// <summary>Sends UNSUBSCRIBE.</summary>
    /// <inheritdoc cref="TrySubscribe"/>
    public bool TryUnsubscribe(IReadOnlyList<string> topicFilters, object request, TimeSpan now) =>
        TryRequest(request, isSubscribe: false, id => new UnsubscribePacket { PacketIdentifier = id, TopicFilters = topicFilters }, now);

    /// <summary>Sends DISCONNECT if connected, and ends the connection.</summary>
    public void Disconnect(ReasonCode reasonCode, TimeSpan now)
    {
        if (_state == SessionState.Connected)
        {
            Write(new DisconnectPacket { ReasonCode = reasonCode }, now);
        }

        End(new SessionEnd(reasonCode, "The client disconnected.") { IsOwn = true });
    }

    /// <summary>Sends nothing new until the connection ends: what is in flight may finish.</summary>
    public void Hold() => _outgoing.IsHeld = true;

    /// <summary>Ends the connection, if there is one, so that the server publishes the Will. MQTT 5.0 §3.14.2.1, 3.1.1 §3.1.2.5.</summary>
    /// <param name="message">Why, one sentence.</param>
    /// <param name="now">Now.</param>
    public void Leave(string message, TimeSpan now)
    {
        if (_state == SessionState.Connected && _version == ProtocolVersion.V50)
        {
            Write(new DisconnectPacket { ReasonCode = ReasonCode.DisconnectWithWillMessage }, now);
        }

        End(new SessionEnd(ReasonCode.DisconnectWithWillMessage, message) { IsOwn = true });
    }

    /// <summary>The caller is too busy to read: silence is not the server's.</summary>
    public void PauseReceiving(TimeSpan now)
    {
        _keepAlive.Received(now);
        _outgoing.ExcuseServer(now);
    }

    private void ReceiveConnAck(scoped in PacketFrame frame, TimeSpan now)
    {
        if (frame.Type == PacketType.Auth && _version == ProtocolVersion.V50)
        {
            if (Decode<AuthPacket>(frame, now) is { } auth)
            {
                ReceiveAuth(auth, now);
            }

            return;
        }

        if (frame.Type != PacketType.ConnAck)
        {
            Fail(ReasonCode.ProtocolError, $"The server sent {frame.Type} before CONNACK.", now);
            return;
        }

        if (Decode<ConnAckPacket>(frame, now) is not { } packet)
        {
            return;
        }

        if (packet.ReasonCode.IsFailure())
        {
            _state = SessionState.Ended;
            _sink.Refused(packet);
        }
        else if (packet.SessionPresent && _connect!.CleanStart)
        {
            Fail(ReasonCode.ProtocolError, "The server resumes a session after Clean Start.", now);
        }
        else
        {
            ProveConnAck(packet, now);
        }
    }

    private void BeginConnected(ConnAckPacket packet, TimeSpan now)
    {
        _state = SessionState.Connected;
        _server = ServerLimits.Of(packet);
        _keepAlive.Start(TimeSpan.FromSeconds(packet.ServerKeepAlive ?? _connect!.KeepAlive), now);

        // MQTT 3.1 cannot say whether it resumes a session; where one was asked for, its rules hold.
        var isResumed = packet.SessionPresent || (_version == ProtocolVersion.V31 && !_connect!.CleanStart);
        _incoming.Connected(isResumed);
        _outgoing.Connected(packet.ReceiveMaximum, _server, isResumed, now);
        _hasConnected = true;
        _proofDue = _outgoing.IsProving ? now + PoisonWatch.Quiet : TimeSpan.MaxValue;
        _sink.Connected(packet);
        Pump(now);
    }

    private void ReceiveConnected(scoped in PacketFrame frame, TimeSpan now)
    {
        switch (frame.Type)
        {
            case PacketType.Publish:
                if (_incoming.Receive(frame, now) is { } wrong)
                {
                    ReceiveMalformed(wrong, now);
                    break;
                }

                _incoming.Pump(now);
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                if (AcknowledgementView.TryRead(frame, _version, out var acknowledgement, out var error))
                {
                    ReceiveAcknowledgement(frame.Type, acknowledgement, now);
                }
                else
                {
                    ReceiveMalformed(error, now);
                }

                break;
            case PacketType.SubAck:
                if (Decode<SubAckPacket>(frame, now) is { } subAck)
                {
                    Answer(subAck.PacketIdentifier, isSubscribe: true, subAck.ReasonCodes);
                }

                break;
            case PacketType.UnsubAck:
                if (Decode<UnsubAckPacket>(frame, now) is { } unsubAck)
                {
                    Answer(unsubAck.PacketIdentifier, isSubscribe: false, unsubAck.ReasonCodes);
                }

                break;
            case PacketType.PingResp:
                if (Decode<PingRespPacket>(frame, now) is not null && _outgoing.IsProving && _proofDue == TimeSpan.MaxValue)
                {
                    _outgoing.Proved();
                    Pump(now);
                }

                break;
            case PacketType.Disconnect when _version == ProtocolVersion.V50:
                if (Decode<DisconnectPacket>(frame, now) is { } disconnect)
                {
                    var message = $"The server disconnected: {disconnect.ReasonString?.TrimEnd('.') ?? disconnect.ReasonCode.ToString()}.";
                    End(new SessionEnd(disconnect.ReasonCode, message, IsByServer: true, disconnect.ServerReference));
                }

                break;
            case PacketType.Auth when _version == ProtocolVersion.V50:
                if (Decode<AuthPacket>(frame, now) is { } auth)
                {
                    ReceiveAuth(auth, now);
                }

                break;
            default:
                Fail(ReasonCode.ProtocolError, $"The server sent {frame.Type}, which is not allowed here.", now);
                break;
        }
    }

    private void ReceiveAcknowledgement(PacketType type, AcknowledgementView acknowledgement, TimeSpan now)
    {
        if (type == PacketType.PubRel)
        {
            _incoming.Release(acknowledgement.PacketIdentifier, now);
            return;
        }

        if (_outgoing.Acknowledge(type, acknowledgement, now))
        {
            Pump(now);
        }
        else
        {
            Fail(ReasonCode.ProtocolError, $"The server sent {type} for a message that does not wait for it.", now);
        }
    }

    private bool TryRequest(object request, bool isSubscribe, Func<ushort, MqttPacket> packet, TimeSpan now)
    {
        if (_state != SessionState.Connected)
        {
            return false;
        }

        var identifier = _requests.Add(request, isSubscribe);
        if (identifier == 0 || Write(packet(identifier), now))
        {
            return identifier != 0;
        }

        _requests.Take(identifier, isSubscribe);
        return false;
    }

    private void Answer(ushort identifier, bool isSubscribe, IReadOnlyList<ReasonCode> reasonCodes)
    {
        if (_requests.Take(identifier, isSubscribe) is { } request)
        {
            _sink.RequestAnswered(request, reasonCodes);
        }
    }

    private T? Decode<T>(scoped in PacketFrame frame, TimeSpan now)
        where T : MqttPacket
    {
        if (PacketCodec.TryDecode(frame, _version, out var packet, out var error))
        {
            return (T)packet;
        }

        ReceiveMalformed(error, now);
        return null;
    }

    private bool Write(MqttPacket packet, TimeSpan now)
    {
        _keepAlive.Sent(now);
        return PacketCodec.TryWrite(packet, _version, _sink.Output, _server.MaximumPacketSize);
    }

    // §4.13: 5.0 tells the server why; before that, and before CONNACK, the connection is just closed.
    private void Fail(ReasonCode reasonCode, string message, TimeSpan now, bool isSilence = false)
    {
        if (_state == SessionState.Connected && _version == ProtocolVersion.V50)
        {
            Write(new DisconnectPacket { ReasonCode = reasonCode }, now);
        }

        End(new SessionEnd(reasonCode, message) { IsSilence = isSilence });
    }

    private static TimeSpan Earliest(TimeSpan a, TimeSpan b, TimeSpan c, TimeSpan d) =>
        TimeSpan.FromTicks(Math.Min(Math.Min(a.Ticks, b.Ticks), Math.Min(c.Ticks, d.Ticks)));

    private void End(SessionEnd end)
    {
        if (IsOpen)
        {
            _state = SessionState.Ended;
            _sink.Ended(end);
        }
    }

    private enum SessionState
    {
        Idle,
        AwaitingConnAck,
        Connected,
        Ended,
    }
}
