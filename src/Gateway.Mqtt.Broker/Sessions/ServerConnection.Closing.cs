using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Sessions;

/// <content>The ways in which a connection ends.</content>
internal sealed partial class ServerConnection
{
    /// <summary>The network connection is gone, or its transport failed.</summary>
    public void OnLost() => Close(new CloseReason(ReasonCode.UnspecifiedError, "the connection was lost"));

    /// <summary>Another connection of the same client takes over. §3.1.4.</summary>
    public void OnTakenOver() => Disconnect(new CloseReason(ReasonCode.SessionTakenOver, "another connection took the session over"));

    /// <summary>Its user may not log in any more, or not with what it has proved.</summary>
    public void OnUserChanged() => Disconnect(new CloseReason(ReasonCode.AdministrativeAction, "its user was removed or has a new password"));

    /// <summary>Cuts the client off.</summary>
    public void Abort()
    {
        IsAborted = true;
        OnLost();
        MarkDirty();
    }

    public void OnShutdown() => Disconnect(new CloseReason(ReasonCode.ServerShuttingDown, "the broker stops"));

    /// <summary>The network connection is closed: nothing happens to it any more.</summary>
    public void OnClosed()
    {
        OnLost();
        _state.Leave(_address);
        _state.Deadlines.Cancel(_deadline);
        DiscardOutput();
    }

    // §3.14
    private void HandleDisconnect(DisconnectPacket packet)
    {
        if (packet.SessionExpiryInterval is { } interval)
        {
            if (_session!.ExpiryInterval == 0 && interval != 0)
            {
                Fail(new DecodeError(ReasonCode.ProtocolError, "A session that was to end with the connection cannot be prolonged."));
                return;
            }

            _session.ExpiryInterval = _state.Limits.CutExpiry(interval);
        }

        // MQTT-3.14.4-3: only a normal disconnection takes the Will back.
        if (packet.ReasonCode == ReasonCode.NormalDisconnection)
        {
            _session!.Will = null;
        }

        Close(new CloseReason(packet.ReasonCode, "the client disconnected"));
    }

    // §4.13: what breaks the protocol closes the connection; 5.0 is told why.
    private void Fail(DecodeError error)
    {
        _state.Tally.ProtocolErrors++;
        Disconnect(new CloseReason(error.ReasonCode, error.Message) { IsError = true });
    }

    // MQTT-3.14.0-1: no DISCONNECT before a CONNACK.
    private void Disconnect(CloseReason reason)
    {
        if (Phase == ConnectionPhase.Connected && Version == ProtocolVersion.V50)
        {
            Reply(new DisconnectPacket { ReasonCode = reason.ReasonCode, ReasonString = _explains ? reason.Message : null });
        }

        Close(reason);
    }

    private void Close(CloseReason reason)
    {
        if (Phase == ConnectionPhase.Closed)
        {
            return;
        }

        Phase = ConnectionPhase.Closed;
        KeepNothing();
        CloseReason = reason;
        if (reason.IsError)
        {
            _state.Faulted.Add(this);
        }

        PendingAuthentication = null;
        _login?.Leave();
        _connect = null;
        EndExchange();
        CancelPause();
        Resume();
        if (_session is { } session)
        {
            _session = null;
            _state.Tally.Clients--;
            _state.Raise(new ClientDisconnected(session.ClientId, reason.ReasonCode, reason.Message));
            _state.Sessions.Leave(session);
            _state.Journal.Hurry();
        }

        _state.Deadlines.Schedule(_deadline, _state.Now + (long)Linger.TotalMilliseconds);
        MarkDirty();
    }
}
