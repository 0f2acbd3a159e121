using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Sessions;

/// <content>What the client is sent, and what waits until it can be: window, queue and backlog.</content>
internal sealed partial class ServerSession
{
    /// <summary>Sends what the client's window and socket allow: first what it did not acknowledge on its last connection, then the queue.</summary>
    private void Pump()
    {
        Fill();
        if (_backlog is { IsHolding: true } && HasCaughtUp())
        {
            _backlog.Release();
        }
    }

    private bool HasCaughtUp()
        => _queue.Count <= state.Limits.QueuedMessages / 4
            && _queue.Bytes <= state.Limits.QueuedBytes / 4
            && (_queue.Count > 0 || Connection is not { } connection || connection.UnsentBytes <= state.Limits.UnsentBytes / 4);

    // Not for one that waits itself, perhaps for this publisher; nor for itself.
    private void HoldPublisher()
    {
        if (Connection is { IsWaiting: false } connection && state.Publisher is { } publisher && publisher != connection)
        {
            (_backlog ??= new Backlog(state, this)).Hold(publisher);
        }
    }

    private void Fill()
    {
        if (Connection is not { } connection)
        {
            return;
        }

        while (_resendPlace < _window.Span && !connection.IsCongested)
        {
            var place = _resendPlace;
            if (_quota == 0 && _window.At(place).Message is not null)
            {
                return;
            }

            _resendPlace++;
            Resend(ref _window.At(place), _window.IdentifierAt(place));
        }

        while (_queue.Count > 0 && !connection.IsCongested)
        {
            if (_queue[0].QoS != QualityOfService.AtMostOnce && (_quota == 0 || !_window.HasFreeIdentifier))
            {
                return;
            }

            var delivery = Dequeue();
            if (delivery.Message!.ExpiresAt <= state.Now)
            {
                state.Tally.DroppedExpired++;
                state.Journal.OnRemoved(delivery);
                continue;
            }

            // The rules may have changed while it waited.
            if (!MayReceive(delivery.Message.Topic))
            {
                state.Tally.Unauthorized++;
                state.Journal.OnRemoved(delivery);
                continue;
            }

            var message = new RoutedMessage(delivery.Message) { Now = state.Now };
            if (delivery.QoS == QualityOfService.AtMostOnce)
            {
                WriteAtMostOnce(ref message, delivery.Retain, delivery.Identifiers);
            }
            else
            {
                Send(ref message, ref delivery);
            }
        }
    }

    private void DeliverAtMostOnce(ref RoutedMessage message, in RouteTarget target, bool retain)
    {
        if (Connection is not { } connection)
        {
            return;
        }

        if (connection.UnsentBytes > state.Limits.UnsentBytes / 2)
        {
            HoldPublisher();
        }

        if (connection.IsCongested || _queue.QoS0Count > 0)
        {
            // Neither a retained message is dropped for coming together with many others, nor one whose publisher waits.
            if (target.IsRetained || !connection.IsCongested || _backlog is { IsHolding: true })
            {
                Enqueue(
                    new Delivery { Message = message.Store(), Retain = retain, Identifiers = target.Identifiers, Group = target.Group },
                    target.IsRetained);
            }
            else
            {
                state.Tally.DroppedSlowSubscriber++;
            }

            return;
        }

        WriteAtMostOnce(ref message, retain, target.Identifiers);
    }

    private void WriteAtMostOnce(ref RoutedMessage message, bool retain, SubscriptionIdentifiers identifiers)
    {
        if (Write(ref message, new PublishForm { Retain = retain, Identifiers = identifiers })
            && state.Observers.Wants(BrokerEventKinds.MessageDelivered))
        {
            state.RaiseDelivered(ClientId, message.Store(), QualityOfService.AtMostOnce, retain);
        }
    }

    // Null: a PUBREC that comes again.
    private void OnDelivered(in Delivery delivery)
    {
        if (delivery.Message is { } message && state.Observers.Wants(BrokerEventKinds.MessageDelivered))
        {
            state.RaiseDelivered(ClientId, message, delivery.QoS, delivery.Retain);
        }
    }

    // Sends a QoS 1 or 2 message for the first time; the caller has checked window and quota.
    private void Send(ref RoutedMessage message, ref Delivery delivery)
    {
        delivery.State = delivery.QoS == QualityOfService.AtLeastOnce ? DeliveryState.AwaitingPubAck : DeliveryState.AwaitingPubRec;
        var identifier = _window.IdentifierAt(_window.Span);
        var form = new PublishForm
        {
            QoS = delivery.QoS,
            Retain = delivery.Retain,
            Identifiers = delivery.Identifiers,
            PacketIdentifier = identifier,
        };
        if (delivery.QoS == QualityOfService.ExactlyOnce && Record is not null)
        {
            // The client will know the message by its Packet Identifier, so the broker may not forget that. One of
            // QoS 1 it may send again under another one.
            Connection!.Hold();
        }

        // One that is too large counts as delivered: MQTT-3.1.2-25.
        if (Write(ref message, form))
        {
            state.Journal.OnSent(this, ref delivery, identifier);
            _window.Add(delivery);
            _quota--;
            _resendPlace++;
        }
        else
        {
            state.Journal.OnRemoved(delivery);
        }
    }

    private void Resend(ref Delivery delivery, ushort identifier)
    {
        if (delivery.State == DeliveryState.AwaitingPubComp)
        {
            AcknowledgementView.Write(Connection!.Output, PacketType.PubRel, identifier, ReasonCode.Success, Connection.Version);
            state.Tally.PacketsSent++;
            Connection.MarkDirty();
        }
        else if (delivery.State != DeliveryState.Complete)
        {
            var message = new RoutedMessage(delivery.Message!) { Now = state.Now };
            var form = new PublishForm
            {
                QoS = delivery.QoS,
                Retain = delivery.Retain,
                Duplicate = true,
                Identifiers = delivery.Identifiers,
                PacketIdentifier = identifier,
            };
            if (Write(ref message, form))
            {
                _quota--;
            }
            else
            {
                Forget(ref delivery);
            }
        }
    }

    private bool Write(ref RoutedMessage message, PublishForm form)
    {
        var connection = Connection!;
        form.Version = connection.Version;
        var length = form.Measure(message);
        if ((uint)length > connection.MaximumPacketSize)
        {
            state.Tally.DroppedTooLarge++;
            return false;
        }

        if (connection.Aliases is { } aliases)
        {
            // A new alias makes the packet longer: the client learns it only from a packet that it gets.
            var mayAdd = (uint)length + OutboundAliases.LongestAddition <= connection.MaximumPacketSize;
            form.TopicAlias = aliases.Take(message.Topic, mayAdd, out form.OmitTopic);
            length = form.Measure(message);
        }

        if (message.Variants is { } variants && form.IsShareable)
        {
            variants.Write(connection.Output, form, message, length);
        }
        else
        {
            form.Write(connection.Output.Append(length), message);
        }

        state.Tally.MessagesSent++;
        state.Tally.PacketsSent++;
        state.Tally.PayloadBytesSent += message.Payload.Length;
        connection.MarkDirty();
        return true;
    }

    private void Complete(ref Delivery delivery)
    {
        Progress++;
        Forget(ref delivery);
        if (Connection is { } connection && _quota < connection.ReceiveMaximum)
        {
            _quota++;
        }

        Pump();
    }

    private void Forget(ref Delivery delivery)
    {
        // Completed places at the front vanish, and with them what was counted as sent again.
        var spanBefore = _window.Span;
        state.Journal.OnRemoved(delivery);
        _window.Complete(ref delivery);
        _resendPlace = Math.Max(0, _resendPlace - (spanBefore - _window.Span));
    }

    private void Enqueue(in Delivery delivery, bool isRetained)
    {
        if (TryEnqueue(delivery, isRetained) && delivery.QoS != QualityOfService.AtMostOnce)
        {
            state.Journal.OnEnqueued(this, ref _queue.Newest);
        }
    }

    private bool TryEnqueue(in Delivery delivery, bool isRetained)
    {
        var limits = state.Limits;
        var size = delivery.Message!.Size;
        var mostMessages = isRetained ? limits.QueuedMessages + (long)limits.RetainedMessages : limits.QueuedMessages;
        var mostBytes = isRetained ? limits.QueuedBytes + limits.RetainedBytes : limits.QueuedBytes;
        if (_queue.Count >= mostMessages || _queue.Bytes + size > mostBytes || state.Tally.QueuedBytes + size > limits.AllQueuedBytes
            || state.Tally.QueuedMessages >= limits.AllQueuedMessages)
        {
            state.Tally.DroppedQueueFull++;
            return false;
        }

        _queue.Enqueue(delivery);
        state.Tally.QueuedMessages++;
        state.Tally.QueuedBytes += size;
        return true;
    }

    private Delivery Dequeue()
    {
        var delivery = _queue.Dequeue();
        state.Tally.QueuedMessages--;
        state.Tally.QueuedBytes -= delivery.Message!.Size;
        return delivery;
    }
}
