using Gateway.Mqtt.Client;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <summary>
/// The client's messages on their way to the server, over any number of connections: what waits, what is in flight, and the
/// send quota. MQTT 5.0 §4.3, §4.4, §4.9. Messages of all QoS leave in the order they came, so one that has to wait for the
/// quota holds back those behind it.
/// </summary>
internal sealed class OutgoingDeliveries(
    IClientSessionSink sink, ProtocolVersion version, int maximumInFlight, ushort maximumAliases, KeepAliveClock keepAlive, PoisonWatch? poison)
{
    private static readonly PublishResult Abandoned = new(PublishOutcome.Abandoned, ReasonCode.UnspecifiedError);
    private static readonly PublishResult Poisonous = new(PublishOutcome.Refused, ReasonCode.UnspecifiedError) { EndsConnections = true };
    private static readonly PublishResult TooLarge = new(PublishOutcome.Refused, ReasonCode.PacketTooLarge);

    private readonly OutgoingWindow _window = new(maximumInFlight);
    private readonly Queue<OutgoingPublish> _pending = new();
    private readonly Queue<ushort> _releases = new(); // PUBREL that are held, in order
    private ServerLimits _server;
    private OutgoingAliases _aliases = new(0);
    private int _quota;
    private int _quotaMaximum;
    private bool _hasConnected;
    private TimeSpan _oldestSince;
    private bool _mustInherit; // identifiers of an earlier process are still to be released
    private TimeSpan _lastSent;
    private bool _hasSent; // on this connection, as is the next
    private bool _hasAcknowledged;
    private bool _isProving;

    /// <summary>Messages that have not ended.</summary>
    public int Count => _window.Count + _pending.Count;

    /// <summary>Messages that were sent and have not ended.</summary>
    public int InFlight => _window.Count;

    /// <summary>Since when the server has owed the oldest message in flight its next acknowledgement; null: it owes none.</summary>
    public TimeSpan? OwedSince => _window.Count > 0 && !_window[_window.Oldest].IsHeld ? _oldestSince : null;

    /// <summary>Whether the server was sent messages to acknowledge on this connection, and has acknowledged none.</summary>
    public bool IsFruitless => _hasSent && !_hasAcknowledged;

    /// <summary>Whether what waits goes on waiting, until the next connection.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Whether the connection has to show first that it lives with nothing sent on it.</summary>
    public bool IsProving => _isProving;

    private int Sent => _quotaMaximum - _quota;

    private bool IsAlone => poison is { IsIsolating: true } && (_isProving || Sent > 0);

    /// <summary>The connection has shown that it lives.</summary>
    public void Proved() => _isProving = false;

    /// <summary>The connection has ended, and not by the client's wish.</summary>
    public void Lost(TimeSpan now)
    {
        if (poison is null || _isProving || _window.Count == 0)
        {
            return;
        }

        var oldest = _window.Oldest;
        if (poison.ConnectionLost(_window[oldest].Publish.Message, Sent, _window.Count, now - _lastSent <= PoisonWatch.Soon))
        {
            End(_window.Remove(oldest), Poisonous);
            poison.Ended();
        }
    }

    /// <summary>What the server owes counts from now on: nobody could hear it.</summary>
    public void ExcuseServer(TimeSpan now) => _oldestSince = now;

    /// <summary>Takes a message that an earlier process sent under an identifier, or the identifier alone; false if that is none of the window's.</summary>
    public bool TryRestore(ushort packetIdentifier, in OutgoingPublish publish, bool hasArrived) =>
        _window.TryRestore(packetIdentifier, publish, publish.Message is null || hasArrived ? DeliveryState.AwaitingPubComp : DeliveryState.AwaitingPubRec);

    /// <summary>The store has what it was asked to keep, or to forget: PUBLISH, or PUBREL, may leave.</summary>
    public void Stored(ushort packetIdentifier, bool isConnected, TimeSpan now)
    {
        if (!_window.Contains(packetIdentifier) || !_window[packetIdentifier].IsHeld)
        {
            return;
        }

        _oldestSince = packetIdentifier == _window.Oldest ? now : _oldestSince;
        ref var slot = ref _window[packetIdentifier];
        if (slot.State == DeliveryState.AwaitingPubComp)
        {
            slot.IsForgotten = true;
            ReleaseForgotten(isConnected, now);
        }
        else
        {
            slot.IsHeld = false;
        }
    }

    /// <summary>Takes a message, behind those that wait.</summary>
    public void Add(in OutgoingPublish publish) => _pending.Enqueue(publish);

    /// <summary>A connection begins: what is in flight is to be sent again.</summary>
    /// <param name="receiveMaximum">The server's.</param>
    /// <param name="server">What it accepts.</param>
    /// <param name="isResumed">It goes on with the session, or with what 3.1 takes for it.</param>
    /// <param name="now">Now.</param>
    public void Connected(ushort receiveMaximum, ServerLimits server, bool isResumed, TimeSpan now)
    {
        _server = server;
        _oldestSince = now;
        (_hasSent, _hasAcknowledged) = (false, false);
        IsHeld = false;
        _isProving = poison is { IsIsolating: true };
        _aliases = new OutgoingAliases(Math.Min(maximumAliases, server.TopicAliasMaximum));
        _quotaMaximum = Math.Min(maximumInFlight, receiveMaximum);
        _quota = _quotaMaximum;
        if (!isResumed)
        {
            ForgetDeliveries();
        }

        _mustInherit = isResumed && (_mustInherit || !_hasConnected);
        _hasConnected = true;
        foreach (var identifier in _window.InOrder())
        {
            _window[identifier].HasQuota = false;
        }

        InheritDeliveries();
        _window.BeginResend();
    }

    /// <summary>Sends what may be sent.</summary>
    public void Pump(TimeSpan now)
    {
        InheritDeliveries();
        while (!sink.IsOutputFull && (_window.NextToResend != 0 ? Resend(now) || TakeBehindHeld() : SendPending(now)))
        {
        }
    }

    /// <summary>Takes a PUBACK, PUBREC or PUBCOMP.</summary>
    /// <returns>False: the message does not wait for that; a protocol error.</returns>
    public bool Acknowledge(PacketType type, AcknowledgementView acknowledgement, TimeSpan now)
    {
        var identifier = acknowledgement.PacketIdentifier;
        if (!_window.Contains(identifier))
        {
            // An acknowledgement that comes too late does no harm; the standard has an answer to PUBREC alone.
            if (type == PacketType.PubRec)
            {
                Release(identifier, ReasonCode.PacketIdentifierNotFound, now);
            }

            return true;
        }

        _hasAcknowledged = true;

        // Servers acknowledge in order (§4.6), so that the oldest message gets on, however many are in flight.
        if (identifier == _window.Oldest)
        {
            _oldestSince = now;
        }

        ref var slot = ref _window[identifier];
        switch (type, slot.State)
        {
            case (PacketType.PubAck, DeliveryState.AwaitingPubAck):
                EndDelivery(identifier, acknowledgement.ReasonCode);
                return true;
            case (PacketType.PubComp, DeliveryState.AwaitingPubComp):
                EndDelivery(identifier, acknowledgement.ReasonCode == ReasonCode.Success ? slot.Received : acknowledgement.ReasonCode);
                return true;
            case (PacketType.PubRec, DeliveryState.AwaitingPubRec or DeliveryState.AwaitingPubComp) when acknowledgement.ReasonCode.IsFailure():
                EndDelivery(identifier, acknowledgement.ReasonCode);
                return true;
            case (PacketType.PubRec, DeliveryState.AwaitingPubRec or DeliveryState.AwaitingPubComp):
                if (slot.State == DeliveryState.AwaitingPubRec)
                {
                    // §4.6: PUBREL in the order of PUBREC.
                    slot.State = DeliveryState.AwaitingPubComp;
                    slot.IsForgotten = sink.MayRelease(identifier, slot.Publish);
                    slot.IsHeld = !slot.IsForgotten || _releases.Count > 0;
                    if (slot.IsHeld)
                    {
                        _releases.Enqueue(identifier);
                    }
                }

                slot.Received = acknowledgement.ReasonCode;
                if (!slot.IsHeld)
                {
                    Release(identifier, ReasonCode.Success, now);
                }

                return true;
            default:
                return false;
        }
    }

    /// <summary>Lets go of messages that wait to be sent and were withdrawn.</summary>
    public void DropWithdrawn()
    {
        for (var count = _pending.Count; count > 0; count--)
        {
            var publish = _pending.Dequeue();
            if (publish.Completion is PublishWaiter { IsWithdrawn: true })
            {
                sink.PublishEnded(publish, Abandoned);
            }
            else
            {
                _pending.Enqueue(publish);
            }
        }
    }

    /// <summary>Nobody waits for the outcomes any more: all that has not ended ends as abandoned. What is in flight stays with
    /// the session, so that its Packet Identifiers are not taken again before the server has released them.</summary>
    public void Abandon()
    {
        foreach (var identifier in _window.InOrder())
        {
            ref var slot = ref _window[identifier];
            End(slot.Publish, Abandoned);
            slot.Publish = slot.Publish with { Completion = null };
        }

        while (_pending.TryDequeue(out var publish))
        {
            sink.PublishEnded(publish, Abandoned);
        }
    }

    // The server knows nothing of what was sent before: every message is a new one to it, and what was inherited is gone.
    private void ForgetDeliveries()
    {
        foreach (var identifier in _window.InOrder().ToArray())
        {
            ref var slot = ref _window[identifier];
            if (slot.Publish.Message is null)
            {
                _window.Remove(identifier);
                continue;
            }

            slot.WasSent = false;
            if (slot.State == DeliveryState.AwaitingPubComp)
            {
                // The store has it that it arrived: that must not be there any more when it is sent anew.
                slot.State = DeliveryState.AwaitingPubRec;
                slot.IsForgotten = false;
                slot.IsHeld = !sink.MayLeave(identifier, slot.Publish);
            }
        }

        _releases.Clear();
    }

    private void ReleaseForgotten(bool isConnected, TimeSpan now)
    {
        while (_releases.TryPeek(out var identifier))
        {
            ref var slot = ref _window[identifier];
            var isWaiting = slot is { State: DeliveryState.AwaitingPubComp, IsHeld: true };
            if (isWaiting && !slot.IsForgotten)
            {
                return;
            }

            _releases.Dequeue();
            slot.IsHeld &= !isWaiting;
            if (isWaiting && isConnected)
            {
                Release(identifier, ReasonCode.Success, now);
            }
        }
    }

    // The session is that of an earlier process. The server may still wait for PUBREL of messages at QoS 2, and would take a
    // new message with such an identifier for the old one: all identifiers are released before they are used. What was restored went
    // out before those that were not, and is released before them.
    private void InheritDeliveries()
    {
        if (!_mustInherit || _window.InOrder().Any(identifier => _window[identifier] is { State: not DeliveryState.AwaitingPubComp } or { IsHeld: true }))
        {
            return;
        }

        _mustInherit = false;
        while (!_window.IsFull)
        {
            _window.SendLater(_window.Add(default, DeliveryState.AwaitingPubComp));
        }
    }

    private bool Resend(TimeSpan now)
    {
        if (IsAlone)
        {
            return false;
        }

        var identifier = _window.NextToResend;
        ref var slot = ref _window[identifier];
        if (slot.State == DeliveryState.AwaitingPubComp)
        {
            _window.AdvanceResend();
            if (!slot.IsHeld)
            {
                Release(identifier, ReasonCode.Success, now);
            }

            return true;
        }

        if (_quota == 0 || slot.IsHeld)
        {
            return false;
        }

        _window.AdvanceResend();
        SendInFlight(identifier, now);
        return true;
    }

    private bool SendPending(TimeSpan now)
    {
        if (IsHeld || IsAlone || !_pending.TryPeek(out var publish))
        {
            return false;
        }

        var qos = publish.Message.QoS;
        if (qos == QualityOfService.AtMostOnce)
        {
            _pending.Dequeue();
            if (TryWrite(publish.Message, 0, duplicate: false, now, out var refusal))
            {
                sink.MessageWritten(publish);
            }
            else
            {
                sink.PublishEnded(publish, refusal);
            }

            return true;
        }

        if (_quota == 0 || _window.IsFull || _mustInherit)
        {
            return false;
        }

        _oldestSince = _window.Count == 0 ? now : _oldestSince;
        var identifier = Take();
        if (_window[identifier].IsHeld)
        {
            _window.SendLater(identifier);
        }
        else
        {
            SendInFlight(identifier, now);
        }

        return true;
    }

    // While the store is at it, what follows is given to it, too: it has them all at once.
    private bool TakeBehindHeld()
    {
        if (IsHeld || !_window[_window.NextToResend].IsHeld || _mustInherit || _window.IsFull || _window.Count >= _quotaMaximum
            || !_pending.TryPeek(out var publish) || publish.Message.QoS == QualityOfService.AtMostOnce)
        {
            return false;
        }

        Take();
        return true;
    }

    private ushort Take()
    {
        var publish = _pending.Dequeue();
        var isAtLeastOnce = publish.Message.QoS == QualityOfService.AtLeastOnce;
        var identifier = _window.Add(publish, isAtLeastOnce ? DeliveryState.AwaitingPubAck : DeliveryState.AwaitingPubRec);
        _window[identifier].IsHeld = !isAtLeastOnce && !sink.MayLeave(identifier, publish);
        return identifier;
    }

    private void SendInFlight(ushort identifier, TimeSpan now)
    {
        ref var slot = ref _window[identifier];
        if (TryWrite(slot.Publish.Message, identifier, duplicate: slot.WasSent, now, out var refusal))
        {
            slot.WasSent = true;
            slot.HasQuota = true;
            _lastSent = now;
            _hasSent = true;
            _quota--;
        }
        else
        {
            sink.PublishEnded(_window.Remove(identifier), refusal);
        }
    }

    private bool TryWrite(ApplicationMessage message, ushort identifier, bool duplicate, TimeSpan now, out PublishResult refusal)
    {
        refusal = _server.Refusal(message) is { } reason ? new PublishResult(PublishOutcome.Refused, reason) : TooLarge;
        if (refusal != TooLarge)
        {
            return false;
        }

        // What is sent again says its topic, whatever the server has kept of the connection before.
        var isKnown = false;
        var alias = duplicate ? (ushort)0 : _aliases.Find(message.Topic, out isKnown);
        if (!MessageWriter.TryWrite(message, identifier, duplicate, alias, isKnown, version, sink.Output, _server.MaximumPacketSize))
        {
            return false;
        }

        if (alias != 0 && !isKnown)
        {
            _aliases.Introduced(message.Topic, alias);
        }

        keepAlive.Sent(now);
        return true;
    }

    private void EndDelivery(ushort identifier, ReasonCode reasonCode)
    {
        // §4.9 lets the quota grow with each PUBCOMP. One for a PUBREL that was sent again, or of an identifier of an earlier process, is none of
        // a PUBLISH of this connection: with it more of these would be under way than the server takes.
        _quota += _window[identifier].HasQuota ? 1 : 0;
        var publish = _window.Remove(identifier);
        poison?.Ended();

        // PUBCOMP with 0x92: the server had released the identifier before, so it has the message.
        var isRefused = reasonCode.IsFailure() && reasonCode != ReasonCode.PacketIdentifierNotFound;
        End(publish, new PublishResult(isRefused ? PublishOutcome.Refused : PublishOutcome.Accepted, reasonCode));
    }

    // What was inherited is no publish of this process.
    private void End(in OutgoingPublish publish, PublishResult result)
    {
        if (publish.Message is not null)
        {
            sink.PublishEnded(publish, result);
        }
    }

    private void Release(ushort identifier, ReasonCode reasonCode, TimeSpan now)
    {
        AcknowledgementView.Write(sink.Output, PacketType.PubRel, identifier, reasonCode, version);
        keepAlive.Sent(now);
    }
}
