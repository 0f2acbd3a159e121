using System.Buffers;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>
/// One network connection as MQTT sees it: bytes in, bytes out, and when to close. It holds what belongs to the
/// connection; what outlives it is the <see cref="ServerSession"/>'s. MQTT 5.0 §3, §4.13; MQTT 3.1.1 §3, §4.8.
/// Not thread-safe: whoever owns the <see cref="BrokerState"/> calls it.
/// </summary>
internal sealed partial class ServerConnection : ISessionConnection
{
    /// <summary>Bytes of an unfinished packet that count as a sign of life.</summary>
    private const int SignOfLife = 1024;

    // §3.13
    private static ReadOnlySpan<byte> PingResp => [0xD0, 0x00];

    private readonly BrokerState _state;
    private readonly ConnectionDeadline _deadline;
    private readonly AddressRecord? _address;
    private ServerSession? _session;
    private long _lastReceivedAt;
    private long _unfinished;
    private int _keepAliveMilliseconds;
    private bool _isDirty;
    private int _waits;

    /// <param name="state">The broker's.</param>
    /// <param name="transport">Carries the bytes.</param>
    /// <param name="remoteEndPoint">Where the connection comes from; null for transports without addresses.</param>
    /// <param name="address">What is known of that address, if it has one that counts; entered already.</param>
    public ServerConnection(BrokerState state, IConnectionTransport transport, EndPoint? remoteEndPoint, AddressRecord? address = null)
    {
        _address = address;
        _messages = new TokenBucket(state.Limits.MessageRate, burstSeconds: 1);
        _state = state;
        Transport = transport;
        RemoteEndPoint = remoteEndPoint;
        _deadline = new ConnectionDeadline(this);
        _state.Deadlines.Schedule(_deadline, _state.Now + (long)_state.Limits.ConnectTimeout.TotalMilliseconds);
    }

    public IConnectionTransport Transport { get; }

    public EndPoint? RemoteEndPoint { get; }

    /// <summary>What the client showed in TLS; null: nothing.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Whether it counts against the rate of clients already, before its CONNECT.</summary>
    public bool IsCounted { get; init; }

    public ConnectionPhase Phase { get; private set; }

    public ProtocolVersion Version { get; private set; } = ProtocolVersion.V50;

    public OutputBuffer Output { get; } = new();

    /// <summary>What was detached from <see cref="Output"/> and is being written to the socket, bytes.</summary>
    public int BytesBeingSent { get; private set; }

    public int ReceiveMaximum { get; private set; }

    public uint MaximumPacketSize { get; private set; } = uint.MaxValue;

    public OutboundAliases? Aliases { get; private set; }

    public int UnsentBytes => Output.Length + BytesBeingSent;

    public bool IsCongested => UnsentBytes > _state.Limits.UnsentBytes;

    public bool IsWaiting => _waits > 0;

    /// <summary>Until then it waits for no subscriber, having waited in vain; milliseconds on the broker's clock.</summary>
    public long WaitsAgainAt { get; set; }

    /// <summary>The CONNECT that waits for <see cref="CompleteAuthentication"/>; null when none does.</summary>
    public AuthenticationRequest? PendingAuthentication { get; private set; }

    /// <summary>Why the connection was closed; for the log.</summary>
    public CloseReason CloseReason { get; private set; }

    /// <summary>The client did not even take the last words in time: there is nothing more to wait for.</summary>
    public bool IsAborted { get; private set; }

    /// <summary>Null until CONNECT.</summary>
    public ClientIdentity? Client { get; private set; }

    /// <summary>It waits for authentication, for room, for subscribers or for its rate, and handles no bytes until its transport is resumed.</summary>
    public bool IsHalted { get; private set; }

    /// <summary>
    /// Handles every complete packet. It stops early when the connection closes, waits for authentication, or has
    /// more to send than its client takes.
    /// </summary>
    /// <param name="bytes">What was received and not yet consumed.</param>
    /// <param name="result">What it waits for now.</param>
    /// <returns>The position up to which bytes were consumed.</returns>
    public SequencePosition Receive(in ReadOnlySequence<byte> bytes, out ReceiveResult result)
    {
        _state.Publisher = this;
        var reader = new PacketReader(bytes, Version, LongestPacket);
        try
        {
            while (Phase != ConnectionPhase.Closed && PendingAuthentication is null && !IsHeldUp)
            {
                switch (reader.Read(out var frame))
                {
                    case DecodeStatus.Complete:
                        _state.Tally.PacketsReceived++;
                        Handle(frame);
                        reader.Version = Version;
                        break;
                    case DecodeStatus.Incomplete:
                        result = TryKeep(bytes, reader.BytesConsumed) ? ReceiveResult.NeedsMore : ReceiveResult.IsClosed;
                        return reader.Consumed;
                    default:
                        OnUnreadable(reader.Error, bytes);
                        break;
                }
            }

            TryKeep(bytes, reader.BytesConsumed);
            result = Phase switch
            {
                ConnectionPhase.Closed => ReceiveResult.IsClosed,
                _ when PendingAuthentication is not null => ReceiveResult.NeedsAuthentication,
                _ => ReceiveResult.NeedsRoom,
            };
            IsHalted = result != ReceiveResult.IsClosed;
            return reader.Consumed;
        }
        finally
        {
            _state.Publisher = null;
            _state.Tally.BytesReceived += reader.BytesConsumed;
            NoteSignOfLife(reader.BytesConsumed, bytes.Length - reader.BytesConsumed);
            reader.Dispose();
        }
    }

    /// <summary>Hands out what is to be sent; <see cref="OnSent"/> follows before the next.</summary>
    public ArraySegment<byte> DetachOutput()
    {
        var piece = Output.Detach(SendableBytes);
        _gate.OnTaken(piece.Count);
        BytesBeingSent = piece.Count;
        return piece;
    }

    /// <summary>Nobody is there to take it any more.</summary>
    public void DiscardOutput()
    {
        Output.Clear();
        _gate = default;
    }

    /// <summary>The socket took what was being sent.</summary>
    public void OnSent()
    {
        var count = BytesBeingSent;
        BytesBeingSent = 0;
        OnRoom(count);
    }

    /// <summary>The socket took the first bytes of <see cref="Output"/>.</summary>
    public void OnTaken(int count)
    {
        Output.Consume(count);
        _gate.OnTaken(count);
        OnRoom(count);
    }

    /// <summary>It is not listened to until <see cref="EndWait"/> was called as often.</summary>
    public void BeginWait() => _waits++;

    /// <inheritdoc cref="BeginWait"/>
    public void EndWait()
    {
        _waits--;
        Resume();
    }

    /// <summary>Goes on if what it waited for has come.</summary>
    public void Resume()
    {
        if (IsHalted && (Phase == ConnectionPhase.Closed || (PendingAuthentication is null && !IsHeldUp)))
        {
            IsHalted = false;
            Transport.Resume();
        }
    }

    /// <summary>The owner took the connection off <see cref="BrokerState.Dirty"/>.</summary>
    public void ClearDirty() => _isDirty = false;

    public void MarkDirty()
    {
        if (!_isDirty)
        {
            _isDirty = true;
            _state.Dirty.Add(this);
        }
    }

    public void OnDue(long now)
    {
        switch (Phase)
        {
            case ConnectionPhase.Closed:
                Abort();
                break;
            case ConnectionPhase.Connected when _exchangeDueAt <= now:
                Disconnect(new CloseReason(ReasonCode.NotAuthorized, "the re-authentication was not finished in time"));
                break;
            case ConnectionPhase.Connected when IsWaiting && _keepAliveMilliseconds > 0:
                _state.Deadlines.Schedule(_deadline, Math.Min(now + _keepAliveMilliseconds, _exchangeDueAt));
                break;
            case ConnectionPhase.Connected when KeepAliveDueAt > now:
                ScheduleNext();
                break;
            case ConnectionPhase.Connected:
                Disconnect(new CloseReason(ReasonCode.KeepAliveTimeout, "nothing was received for one and a half times the Keep Alive"));
                break;
            case ConnectionPhase.Authenticating:
                Refuse(ReasonCode.ServerBusy, "its credentials could not be checked in time");
                break;
            case ConnectionPhase.AwaitingConnect:
                Close(new CloseReason(ReasonCode.UnspecifiedError, "no CONNECT came in time"));
                break;
            default:
                Refuse(ReasonCode.NotAuthorized, "the authentication was not finished in time");
                break;
        }
    }

    // §3.1.2.10: a whole packet, or a good piece of a long one; a byte now and then is not.
    private void NoteSignOfLife(long consumed, long unfinished)
    {
        if (consumed > 0 || unfinished >= _unfinished + SignOfLife)
        {
            _lastReceivedAt = _state.Now;
            _unfinished = unfinished;
        }
    }

    private void Handle(in PacketFrame frame)
    {
        _versionBefore = _state.Journal.Version;
        if (Phase == ConnectionPhase.AwaitingConnect)
        {
            HandleConnect(frame);
            return;
        }

        if (Phase == ConnectionPhase.AwaitingAuth)
        {
            HandleBeforeConnAck(frame);
            return;
        }

        switch (frame.Type)
        {
            case PacketType.Publish:
                HandlePublish(frame);
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                HandleAcknowledgement(frame);
                break;
            case PacketType.PingReq when frame.Body.IsEmpty:
                PingResp.CopyTo(Output.Append(PingResp.Length));
                _state.Tally.PacketsSent++;
                MarkDirty();
                break;
            default:
                HandleRecord(frame);
                break;
        }
    }

    private void HandleRecord(in PacketFrame frame)
    {
        if (!PacketCodec.TryDecode(frame, Version, _state.Decoding, out var packet, out var error))
        {
            Fail(error);
            return;
        }

        switch (packet)
        {
            case SubscribePacket subscribe:
                HandleSubscribe(subscribe);
                break;
            case UnsubscribePacket unsubscribe:
                HandleUnsubscribe(unsubscribe);
                break;
            case AuthPacket auth:
                HandleAuth(auth);
                break;
            case DisconnectPacket disconnect:
                HandleDisconnect(disconnect);
                break;
            default:
                Fail(new DecodeError(ReasonCode.ProtocolError, "A client may not send this packet now."));
                break;
        }
    }

    private void OnRoom(int count)
    {
        _state.Tally.BytesSent += count;
        _session?.OnRoom(count);
        Resume();
    }

    // 0: the client asks for no Keep Alive.
    private long KeepAliveDueAt => _keepAliveMilliseconds == 0 ? long.MaxValue : _lastReceivedAt + _keepAliveMilliseconds;

    private void ScheduleNext()
    {
        var dueAt = Math.Min(KeepAliveDueAt, _exchangeDueAt);
        if (dueAt == long.MaxValue)
        {
            _state.Deadlines.Cancel(_deadline);
        }
        else
        {
            _state.Deadlines.Schedule(_deadline, dueAt);
        }
    }

    private bool Reply(MqttPacket packet)
    {
        if (!PacketCodec.TryWrite(packet, Version, Output, MaximumPacketSize))
        {
            return false;
        }

        _state.Tally.PacketsSent++;
        MarkDirty();
        return true;
    }
}
