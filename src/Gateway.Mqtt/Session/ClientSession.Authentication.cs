using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <content>
/// Enhanced authentication: AUTH before CONNACK, and re-authentication after it. MQTT 5.0 §3.15, §4.12. What the method has to say is
/// computed by the caller; until it has answered, <see cref="IsAwaitingAuthentication"/> holds and nothing more is to be received.
/// </content>
internal sealed partial class ClientSession
{
    private string? _method;
    private TimeSpan _exchangeDeadline = TimeSpan.MaxValue;
    private ConnAckPacket? _unproven;
    private object? _reauthentication;

    /// <summary>The caller owes <see cref="ContinueAuthentication"/>, <see cref="FinishAuthentication"/> or <see cref="FailAuthentication"/>.</summary>
    public bool IsAwaitingAuthentication { get; private set; }

    /// <summary>Sends AUTH to begin a re-authentication.</summary>
    /// <param name="data">Authentication Data; null: none.</param>
    /// <param name="request">Told of the end by <see cref="IClientSessionSink.RequestAnswered"/> or <see cref="IClientSessionSink.RequestLost"/>.</param>
    /// <param name="now">Now.</param>
    /// <returns>False: not connected, another one is under way, or CONNECT had no Authentication Method.</returns>
    public bool TryReauthenticate(ReadOnlyMemory<byte>? data, object request, TimeSpan now)
    {
        if (_state != SessionState.Connected || _method is null || _reauthentication is not null
            || !WriteAuth(ReasonCode.ReAuthenticate, data, now))
        {
            return false;
        }

        _reauthentication = request;
        _exchangeDeadline = now + _connectTimeout;
        return true;
    }

    /// <summary>What the method answers to <see cref="IClientSessionSink.AuthenticationContinues"/>.</summary>
    public void ContinueAuthentication(ReadOnlyMemory<byte>? data, TimeSpan now)
    {
        IsAwaitingAuthentication = false;
        if (IsOpen && !WriteAuth(ReasonCode.ContinueAuthentication, data, now))
        {
            Fail(ReasonCode.PacketTooLarge, "The AUTH packet exceeds the server's Maximum Packet Size.", now);
        }
    }

    /// <summary>The method is content with what <see cref="IClientSessionSink.AuthenticationEnds"/> brought.</summary>
    public void FinishAuthentication(TimeSpan now)
    {
        IsAwaitingAuthentication = false;
        _exchangeDeadline = TimeSpan.MaxValue;
        if (!IsOpen)
        {
            return;
        }

        if (_unproven is { } connAck)
        {
            _unproven = null;
            BeginConnected(connAck, now);
        }
        else if (_reauthentication is { } request)
        {
            _reauthentication = null;
            _sink.RequestAnswered(request, [ReasonCode.Success]);
        }
    }

    /// <summary>The method is not content with the server: the connection ends.</summary>
    public void FailAuthentication(string message, TimeSpan now)
    {
        IsAwaitingAuthentication = false;
        Fail(ReasonCode.UnspecifiedError, message, now);
    }

    private void ReceiveAuth(AuthPacket packet, TimeSpan now)
    {
        // MQTT-4.12.0-6
        if (_method is null)
        {
            Fail(ReasonCode.ProtocolError, "The server sent AUTH to a client that asks for no Authentication Method.", now);
        }
        else if (packet.AuthenticationMethod != _method)
        {
            Fail(ReasonCode.ProtocolError, "The server changed the Authentication Method.", now);
        }
        else if (_state == SessionState.Connected && _reauthentication is null)
        {
            Fail(ReasonCode.ProtocolError, "The server sent AUTH without a re-authentication.", now);
        }
        else if (packet.ReasonCode == ReasonCode.ContinueAuthentication)
        {
            IsAwaitingAuthentication = true;
            _sink.AuthenticationContinues(packet.AuthenticationData);
        }
        else if (packet.ReasonCode == ReasonCode.Success && _state == SessionState.Connected)
        {
            IsAwaitingAuthentication = true;
            _sink.AuthenticationEnds(packet.AuthenticationData);
        }
        else
        {
            Fail(ReasonCode.ProtocolError, $"The server sent AUTH with {packet.ReasonCode}, which is not allowed here.", now);
        }
    }

    // MQTT-4.12.0-5: the method stands in CONNACK too.
    private void ProveConnAck(ConnAckPacket packet, TimeSpan now)
    {
        if (packet.AuthenticationMethod != _method)
        {
            Fail(ReasonCode.ProtocolError, "The server accepts without the Authentication Method that the client asked for.", now);
        }
        else if (_method is null)
        {
            BeginConnected(packet, now);
        }
        else
        {
            _unproven = packet;
            IsAwaitingAuthentication = true;
            _sink.AuthenticationEnds(packet.AuthenticationData);
        }
    }

    private void ForgetAuthentication()
    {
        IsAwaitingAuthentication = false;
        _exchangeDeadline = TimeSpan.MaxValue;
        _unproven = null;
        if (_reauthentication is { } request)
        {
            _reauthentication = null;
            _sink.RequestLost(request);
        }
    }

    private bool WriteAuth(ReasonCode reasonCode, ReadOnlyMemory<byte>? data, TimeSpan now) =>
        Write(new AuthPacket { ReasonCode = reasonCode, AuthenticationMethod = _method, AuthenticationData = data }, now);
}
