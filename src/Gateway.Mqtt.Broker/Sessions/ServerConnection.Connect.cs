using System.Text;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Sessions;

/// <content>CONNECT and CONNACK. MQTT 5.0 §3.1, §3.2; MQTT 3.1.1 §3.1, §3.2.</content>
internal sealed partial class ServerConnection
{
    /// <summary>How long the client has to take the last words.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);

    private ConnectPacket? _connect;

    // Of which its log-in knows.
    private int _usersVersion;

    // Whose check is in line or under way; null: none is, or nothing slows it.
    private LoginTry? _login;

    /// <summary>Asks for the turn of the credentials that are to be checked; null: at once. <see cref="CompleteAuthentication"/> follows.</summary>
    public LoginTry? BeginLogin()
    {
        var isProof = Exchange?.IsProof ?? PendingAuthentication is { UserName: not null };
        return _login = isProof ? _address?.BeginLogin(Exchange is null ? PendingAuthentication!.UserName : Exchange.UserName, _state.Now) : null;
    }

    /// <summary>The authenticator's answer to <see cref="PendingAuthentication"/>.</summary>
    public void CompleteAuthentication(AuthenticationResult result)
    {
        EndLogin(result);

        // Closed meanwhile: the client left, or took too long.
        if (PendingAuthentication is not { } request)
        {
            return;
        }

        PendingAuthentication = null;
        if (result.ReasonCode == ReasonCode.ContinueAuthentication)
        {
            AskForMore(result.Data);
            return;
        }

        if (Phase == ConnectionPhase.Connected)
        {
            CompleteReauthentication(result);
            return;
        }

        var hasCredentials = request.UserName is not null || Exchange is not null;
        EndExchange();
        var connect = _connect!;
        _connect = null;
        if (result.ReasonCode != ReasonCode.Success)
        {
            _state.Tally.LoginsFailed += hasCredentials && IsFailure(result) ? 1 : 0;
            Refuse(result.ReasonCode, "the authenticator refused the client");
            return;
        }

        if (_usersVersion != _state.UsersVersion)
        {
            Refuse(ReasonCode.ServerUnavailable, "the users have changed since its log-in began");
            return;
        }

        Client = new ClientIdentity(request.ClientId, result.UserName);
        if (connect.Will is { } will && !MayPublish(will.Message, out var refusal))
        {
            Refuse(refusal, "its Will is not allowed");
            return;
        }

        if (_state.Sessions.IsAnothers(Client))
        {
            Refuse(ReasonCode.ClientIdentifierNotValid, "its Client Identifier has a session of another user");
            return;
        }

        if (!_state.Sessions.HasRoomFor(request.ClientId))
        {
            Refuse(ReasonCode.QuotaExceeded, "there are too many sessions");
            return;
        }

        Accept(connect, request.ClientId, result.Data);
    }

    private static bool IsFailure(AuthenticationResult result) => result.ReasonCode is ReasonCode.BadUserNameOrPassword or ReasonCode.NotAuthorized;

    // Of a client that is gone, too: its password was tried.
    private void EndLogin(AuthenticationResult result)
    {
        if (_login is not { } login)
        {
            return;
        }

        _login = null;
        _state.Tally.LoginsSlowed += login.IsSlowed ? 1 : 0;
        _state.Tally.LoginsFailed += PendingAuthentication is null && IsFailure(result) ? 1 : 0;
        login.End(IsFailure(result), _state.Now);
        if (result is { ReasonCode: ReasonCode.Success, UserName: { } user } && user == login.UserName)
        {
            _address!.OnLoginSucceeded(user);
        }
    }

    private void HandleConnect(in PacketFrame frame)
    {
        // MQTT-3.1.0-1
        if (frame.Type != PacketType.Connect)
        {
            Fail(new DecodeError(ReasonCode.ProtocolError, "The first packet is not a CONNECT."));
            return;
        }

        if (!PacketCodec.TryDecode(frame, Version, _state.Decoding, out var packet, out var error))
        {
            RefuseUnreadable(frame, error);
            return;
        }

        var connect = (ConnectPacket)packet;
        Version = connect.ProtocolVersion;
        MaximumPacketSize = connect.MaximumPacketSize ?? uint.MaxValue;
        _explains = Version == ProtocolVersion.V50 && connect.RequestProblemInformation;
        if (!IsCounted && !_state.TryConnect(_address))
        {
            Refuse(ReasonCode.ConnectionRateExceeded, "too many clients connect");
            return;
        }

        var method = _state.AuthenticationMethods.FirstOrDefault(m => m.Name == connect.AuthenticationMethod);
        if (connect.AuthenticationMethod is not null && method is null)
        {
            // MQTT-4.12.0-1
            Refuse(ReasonCode.BadAuthenticationMethod, "it asks for an Authentication Method that is not offered");
            return;
        }

        var clientId = connect.ClientIdentifier;
        if (clientId.Length == 0)
        {
            // MQTT-3.1.3-8 of 3.1.1; 3.1 knows no empty identifier.
            if (Version == ProtocolVersion.V31 || (Version == ProtocolVersion.V311 && !connect.CleanStart))
            {
                Refuse(ReasonCode.ClientIdentifierNotValid, "it has no Client Identifier for its session");
                return;
            }

            clientId = "auto-" + Guid.NewGuid().ToString("N");
        }
        else if (Encoding.UTF8.GetByteCount(clientId) > _state.Limits.ClientIdLength)
        {
            Refuse(ReasonCode.ClientIdentifierNotValid, "its Client Identifier is too long");
            return;
        }

        _connect = connect;
        _usersVersion = _state.UsersVersion;
        _decoded = DecodedSize.Of(connect);
        Phase = ConnectionPhase.Authenticating;
        var request = new AuthenticationRequest
        {
            ClientId = clientId,
            UserName = connect.UserName,
            Password = connect.Password,
            RemoteEndPoint = RemoteEndPoint,
            ClientCertificate = ClientCertificate,
        };
        if (method is null)
        {
            PendingAuthentication = request;
        }
        else
        {
            BeginExchange(method, request, connect.AuthenticationData);
        }
    }

    private void Accept(ConnectPacket connect, string clientId, ReadOnlyMemory<byte>? authenticationData)
    {
        _versionBefore = _state.Journal.Version;
        // MQTT-3.1.4-3
        (_state.Sessions.Find(clientId)?.Connection as ServerConnection)?.OnTakenOver();

        var session = _state.Sessions.Open(Client!, connect.CleanStart, out var wasPresent);
        session.ExpiryInterval = _state.Limits.CutExpiry(RequestedExpiry(connect));
        session.Will = connect.Will;
        session.IsBridge = connect.IsBridge;
        _session = session;
        Phase = ConnectionPhase.Connected;
        KeepNothing();
        ReceiveMaximum = Math.Min(connect.ReceiveMaximum, _state.Limits.InFlight);
        var aliases = Math.Min(connect.TopicAliasMaximum, _state.Limits.TopicAliases);
        Aliases = aliases == 0 ? null : new OutboundAliases(aliases);
        var keepAlive = GrantKeepAlive(connect);
        _keepAliveMilliseconds = keepAlive * 1500;
        ScheduleNext();
        _state.Tally.ClientsAccepted++;
        _state.Tally.MostClients = Math.Max(_state.Tally.MostClients, ++_state.Tally.Clients);
        _state.Raise(new ClientConnected(clientId, Client!.UserName, RemoteEndPoint, Version, wasPresent));
        _state.Journal.OnSessionChanged(session);
        HoldIfChanged();
        var isSent = Reply(new ConnAckPacket
        {
            ReasonCode = ReasonCode.Success,
            SessionPresent = wasPresent,
            SessionExpiryInterval = session.ExpiryInterval == connect.SessionExpiryInterval ? null : session.ExpiryInterval,
            ReceiveMaximum = _state.Limits.ReceiveMaximum,
            MaximumPacketSize = (uint)_state.Limits.PacketSize,
            AssignedClientIdentifier = connect.ClientIdentifier.Length == 0 ? clientId : null,
            TopicAliasMaximum = _state.Limits.TopicAliases,
            ServerKeepAlive = keepAlive == connect.KeepAlive ? null : keepAlive,
            AuthenticationMethod = _method?.Name,
            AuthenticationData = authenticationData,
        });
        if (!isSent)
        {
            Close(new CloseReason(ReasonCode.PacketTooLarge, "its Maximum Packet Size has no room for a CONNACK"));
            return;
        }

        session.Attach(this);
    }

    private static uint RequestedExpiry(ConnectPacket connect)
        => connect.ProtocolVersion == ProtocolVersion.V50 ? connect.SessionExpiryInterval
            : connect.CleanStart ? 0
            : uint.MaxValue;

    // A client of 3.1 or 3.1.1 cannot be told another Keep Alive than its own.
    private ushort GrantKeepAlive(ConnectPacket connect)
    {
        var most = _state.Limits.KeepAliveSeconds;
        var isLonger = connect.KeepAlive == 0 || connect.KeepAlive > most;
        return most != 0 && isLonger && Version == ProtocolVersion.V50 ? most : connect.KeepAlive;
    }

    private void Refuse(ReasonCode reasonCode, string message)
    {
        _state.Tally.ClientsRefused++;
        // MQTT-3.2.2-6 of 3.1.1: what its return codes cannot say is not said.
        if (Version == ProtocolVersion.V50 || reasonCode != ReasonCode.TopicNameInvalid)
        {
            // MQTT-3.2.2-19: words only where the client takes a packet as long.
            var connAck = new ConnAckPacket { ReasonCode = reasonCode };
            if (!NeedsWords(reasonCode) || !Reply(connAck with { ReasonString = message }))
            {
                Reply(connAck);
            }
        }

        Close(new CloseReason(reasonCode, message) { IsError = true });
    }

    // Several limits share a code, so it does not say which of them was reached.
    private static bool NeedsWords(ReasonCode reasonCode)
        => reasonCode is ReasonCode.QuotaExceeded or ReasonCode.ConnectionRateExceeded or ReasonCode.ServerBusy;

    // MQTT-3.1.2-2 of 3.1.1: another Protocol Level is answered; whatever else cannot be read is not.
    private void RefuseUnreadable(in PacketFrame frame, DecodeError error)
    {
        if (error.ReasonCode != ReasonCode.UnsupportedProtocolVersion)
        {
            Fail(error);
            return;
        }

        // | length (2) | "MQTT" or "MQIsdp" | level | …; a bridge of mosquitto sets bit 7, and tries again without it
        // when it is answered in its own version.
        var level = frame.Body[2 + frame.Body[1]] & 0x7F;
        Version = level >= (byte)ProtocolVersion.V50 ? ProtocolVersion.V50 : ProtocolVersion.V311;
        Refuse(ReasonCode.UnsupportedProtocolVersion, error.Message);
    }
}
