using Gateway.Mqtt.Client;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <summary>
/// The client's messages on their way to the server, over any number of connections: what waits, what is in flight, and the
/// send quota. MQTT 5.0 §4.3, §4.4, §4.9. Messages of all QoS leave in the order they came, so one that has to wait for the
/// quota holds back those behind it.
/// </summary>
internal sealed class OutgoingDeliveries(IClientSessionSink sink, ProtocolVersion version, int maximumInFlight, ushort maximumAliases, KeepAliveClock keepAlive)
{
    private static readonly PublishResult Abandoned = new(PublishOutcome.Abandoned, ReasonCode.UnspecifiedError);
    private static readonly PublishResult TooLarge = new(PublishOutcome.Refused, ReasonCode.PacketTooLarge);

    private readonly OutgoingWindow _window = new(maximumInFlight);
    private readonly Queue<OutgoingPublish> _pending = new();
    private ServerLimits _server;
    private OutgoingAliases _aliases = new(0);
    private int _quota;
    private int _quotaMaximum;
    private bool _hasConnected;

    /// <summary>Messages that have not ended.</summary>
    public int Count => _window.Count + _pending.Count;

    /// <summary>Takes a message, behind those that wait.</summary>
    public void Add(in OutgoingPublish publish) => _pending.Enqueue(publish);

    /// <summary>A connection begins: what is in flight is to be sent again.</summary>
    /// <param name="receiveMaximum">The server's.</param>
    /// <param name="server">What it accepts.</param>
    /// <param name="isResumed">It goes on with the session, or with what 3.1 takes for it.</param>
    /// <param name="isPresent">It said that it had the session.</param>
    public void Connected(ushort receiveMaximum, ServerLimits server, bool isResumed, bool isPresent)
    {
        _server = server;
        _aliases = new OutgoingAliases(Math.Min(maximumAliases, server.TopicAliasMaximum));
        _quotaMaximum = Math.Min(maximumInFlight, receiveMaximum);
        _quota = _quotaMaximum;
        if (!isResumed)
        {
            ForgetDeliveries();
        }
        else if (!_hasConnected && isPresent)
        {
            InheritDeliveries();
        }

        _hasConnected = true;

        _window.BeginResend();
    }

    /// <summary>Sends what may be sent.</summary>
    public void Pump(TimeSpan now)
    {
        while (!sink.IsOutputFull && (_window.NextToResend != 0 ? Resend(now) : SendPending(now)))
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
                slot.State = DeliveryState.AwaitingPubComp;
                slot.Received = acknowledgement.ReasonCode;
                Release(identifier, ReasonCode.Success, now);
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
                slot.State = DeliveryState.AwaitingPubRec;
            }
        }
    }

    // The session is that of an earlier process. The server may still wait for PUBREL of messages at QoS 2, and would take a
    // new message with such an identifier for the old one: all identifiers are released before they are used.
    private void InheritDeliveries()
    {
        while (!_window.IsFull)
        {
            _window.Add(default, DeliveryState.AwaitingPubComp);
        }
    }

    private bool Resend(TimeSpan now)
    {
        var identifier = _window.NextToResend;
        ref var slot = ref _window[identifier];
        if (slot.State == DeliveryState.AwaitingPubComp)
        {
            _window.AdvanceResend();
            Release(identifier, ReasonCode.Success, now);
            return true;
        }

        if (_quota == 0)
        {
            return false;
        }

        _window.AdvanceResend();
        SendInFlight(identifier, now);
        return true;
    }

    private bool SendPending(TimeSpan now)
    {
        if (!_pending.TryPeek(out var publish))
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

        if (_quota == 0 || _window.IsFull)
        {
            return false;
        }

        _pending.Dequeue();
        SendInFlight(
            _window.Add(publish, qos == QualityOfService.AtLeastOnce ? DeliveryState.AwaitingPubAck : DeliveryState.AwaitingPubRec), now);
        return true;
    }

    private void SendInFlight(ushort identifier, TimeSpan now)
    {
        ref var slot = ref _window[identifier];
        if (TryWrite(slot.Publish.Message, identifier, duplicate: slot.WasSent, now, out var refusal))
        {
            slot.WasSent = true;
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
        var publish = _window.Remove(identifier);
        _quota = Math.Min(_quota + 1, _quotaMaximum);

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
