using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Sessions;

/// <content>
/// Enhanced authentication. MQTT 5.0 §3.15, §4.12.
/// <code>
/// CONNECT ──► authenticating ──► AUTH 0x18 ──► awaiting AUTH ──► authenticating ──► … ──► CONNACK
/// AUTH 0x19, once connected, ──► AUTH 0x18 ──► AUTH 0x18 ──► … ──► AUTH 0x00, or DISCONNECT; messages flow on meanwhile
/// </code>
/// </content>
internal sealed partial class ServerConnection
{
    // What CONNECT asked for, which a re-authentication keeps; null: no enhanced authentication.
    private IServerAuthenticationMethod? _method;

    private AuthenticationRequest? _request;

    // A re-authentication that stays unfinished ends the connection.
    private long _exchangeDueAt = long.MaxValue;

    /// <summary>The exchange whose next step <see cref="PendingAuthentication"/> asks for; null: user name and password are to be checked.</summary>
    public EnhancedAuthentication? Exchange { get; private set; }

    private void BeginExchange(IServerAuthenticationMethod method, AuthenticationRequest request, ReadOnlyMemory<byte>? data)
    {
        _method = method;
        Exchange = new EnhancedAuthentication(method, request) { Data = data };
        _request = request;
        PendingAuthentication = request;
    }

    /// <summary>Only AUTH, or a client that gives up, is expected between CONNECT and CONNACK.</summary>
    private void HandleBeforeConnAck(in PacketFrame frame)
    {
        if (!PacketCodec.TryDecode(frame, Version, _state.Decoding, out var packet, out var error))
        {
            Refuse(error.ReasonCode, error.Message);
            return;
        }

        switch (packet)
        {
            case AuthPacket auth when auth.ReasonCode == ReasonCode.ContinueAuthentication:
                ContinueExchange(auth);
                break;
            case DisconnectPacket disconnect:
                Close(new CloseReason(disconnect.ReasonCode, "the client gave up the authentication"));
                break;
            default:
                Refuse(ReasonCode.ProtocolError, "it sent another packet than AUTH before CONNACK");
                break;
        }
    }

    private void HandleAuth(AuthPacket packet)
    {
        if (_method is null)
        {
            // MQTT-4.12.0-7
            Fail(new DecodeError(ReasonCode.ProtocolError, "It sent AUTH without an Authentication Method in its CONNECT."));
        }
        else if (packet.ReasonCode == ReasonCode.ReAuthenticate && Exchange is null)
        {
            if (IsSameMethod(packet))
            {
                _exchangeDueAt = _state.Now + (long)_state.Limits.ConnectTimeout.TotalMilliseconds;
                ScheduleNoLaterThan(_exchangeDueAt);
                BeginExchange(_method, new AuthenticationRequest { ClientId = Client!.ClientId, RemoteEndPoint = RemoteEndPoint }, packet.AuthenticationData);
            }
        }
        else if (packet.ReasonCode == ReasonCode.ContinueAuthentication && Exchange is not null)
        {
            ContinueExchange(packet);
        }
        else
        {
            Fail(new DecodeError(ReasonCode.ProtocolError, "Its AUTH does not fit the state of the authentication."));
        }
    }

    private void ContinueExchange(AuthPacket packet)
    {
        if (!IsSameMethod(packet))
        {
            return;
        }

        Exchange!.Data = packet.AuthenticationData;
        _decoded = DecodedSize.Of(_connect) + DecodedSize.Of(packet.AuthenticationData);
        PendingAuthentication = _request;
        if (Phase == ConnectionPhase.AwaitingAuth)
        {
            Phase = ConnectionPhase.Authenticating;
        }
    }

    // MQTT-4.12.0-5, MQTT-4.12.1-1
    private bool IsSameMethod(AuthPacket packet)
    {
        if (packet.AuthenticationMethod == _method!.Name)
        {
            return true;
        }

        const string Message = "it changed the Authentication Method";
        if (Phase == ConnectionPhase.Connected)
        {
            Disconnect(new CloseReason(ReasonCode.BadAuthenticationMethod, Message) { IsError = true });
        }
        else
        {
            Refuse(ReasonCode.BadAuthenticationMethod, Message);
        }

        return false;
    }

    private void AskForMore(ReadOnlyMemory<byte>? data)
    {
        if (Phase == ConnectionPhase.Authenticating)
        {
            Phase = ConnectionPhase.AwaitingAuth;
        }

        ReplyAuth(ReasonCode.ContinueAuthentication, data);
    }

    private void CompleteReauthentication(AuthenticationResult result)
    {
        EndExchange();
        if (result.ReasonCode == ReasonCode.Success && result.UserName == Client!.UserName)
        {
            ReplyAuth(ReasonCode.Success, result.Data);
        }
        else
        {
            _state.Tally.LoginsFailed++;
            Disconnect(new CloseReason(ReasonCode.NotAuthorized, "the re-authentication failed"));
        }
    }

    private void EndExchange()
    {
        Exchange = null;
        _request = null;
        _exchangeDueAt = long.MaxValue;
    }

    private void ReplyAuth(ReasonCode reasonCode, ReadOnlyMemory<byte>? data)
    {
        if (!Reply(new AuthPacket { ReasonCode = reasonCode, AuthenticationMethod = _method!.Name, AuthenticationData = data }))
        {
            Close(new CloseReason(ReasonCode.PacketTooLarge, "its Maximum Packet Size has no room for an AUTH"));
        }
    }

    private void ScheduleNoLaterThan(long dueAt)
    {
        if (!_deadline.IsScheduled || _deadline.DueAt > dueAt)
        {
            _state.Deadlines.Schedule(_deadline, dueAt);
        }
    }
}
