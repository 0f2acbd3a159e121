using Gateway.Mqtt.Broker.Retained;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Persistence;

/// <content>What sessions and retained messages report. A session without a record is not durable, and nothing of it is noted.</content>
internal sealed partial class Journal
{
    private static ReadOnlySpan<byte> Diagnostics => "$SYS/"u8;

    /// <summary>A client connected to the session, or left it: it is durable as its Session Expiry Interval says.</summary>
    public void OnSessionChanged(ServerSession session)
    {
        if (!IsOpen)
        {
            return;
        }

        if (session.ExpiryInterval == 0)
        {
            OnSessionEnded(session);
            return;
        }

        session.Record ??= new SessionRecord(session, ++_lastSession);
        session.Record.IsChanged = true;
        Note(session.Record);
        Hurry();
    }

    /// <summary>The session is over, or will be with its connection.</summary>
    public void OnSessionEnded(ServerSession session)
    {
        if (session.Record is not { } record)
        {
            return;
        }

        record.IsEnded = true;
        session.Record = null;
        Version++;
        if (_isRecording)
        {
            _endedSessions.Add(record.Id);
            ScheduleIfNeeded();
        }
    }

    /// <summary>A subscription came, changed or went.</summary>
    public void OnSubscriptionChanged(ServerSession session, string filter)
    {
        if (session.Record is { } record)
        {
            record.Subscriptions.Add(filter);
            Note(record);
        }
    }

    /// <summary>A QoS 2 message was received from the client, or released by it.</summary>
    public void OnIncomingChanged(ServerSession session, ushort identifier)
    {
        if (session.Record is { } record)
        {
            record.Incoming.Add(identifier);
            Note(record);
        }
    }

    /// <summary>A QoS 1 or 2 message is to go to the session.</summary>
    public void OnEnqueued(ServerSession session, ref Delivery delivery)
    {
        if (session.Record is { } record)
        {
            var added = Create(record, ++record.LastDelivery, delivery, 0);
            delivery.Record = added;
            Note(added);
        }
    }

    /// <summary>It is sent, with that Packet Identifier.</summary>
    public void OnSent(ServerSession session, ref Delivery delivery, ushort identifier)
    {
        if (delivery.Record is null)
        {
            OnEnqueued(session, ref delivery);
        }

        if (delivery.Record is { } record)
        {
            record.PacketIdentifier = identifier;
            Note(record);
        }
    }

    /// <summary>The client has the message (PUBREC).</summary>
    public void OnReceived(in Delivery delivery)
    {
        if (delivery.Record is { } record)
        {
            Dereference(record);
            Note(record);
        }
    }

    /// <summary>The delivery is over, whatever became of it.</summary>
    public void OnRemoved(in Delivery delivery)
    {
        if (delivery.Record is { IsRemoved: false } record)
        {
            record.IsRemoved = true;
            Dereference(record);
            Note(record);
        }
    }

    /// <summary>A retained message was set or removed.</summary>
    /// <param name="message">The message, or that which removed it.</param>
    /// <param name="change">What became of the topic's.</param>
    public void OnRetainedChanged(StoredMessage message, RetainedChange change)
    {
        if (!_isRecording || !IsKept(message))
        {
            return;
        }

        var topic = message.Topic;
        var newest = change == RetainedChange.Removed ? null : message;
        if (message.Origin is null)
        {
            OnLocalRetainedChanged(topic, newest, isFirst: change == RetainedChange.Added);
            return;
        }

        Version++;
        _localRetained.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(topic);
        _fresh.Add(topic, newest);
        OnAdded();
    }

    /// <summary>Takes up a session that the store has.</summary>
    public static void Restore(ServerSession session, long id) => session.Record = new SessionRecord(session, id);

    /// <summary>Takes up a delivery that the store has.</summary>
    public DeliveryRecord Restore(SessionRecord session, long number, in Delivery delivery, ushort identifier)
    {
        session.LastDelivery = Math.Max(session.LastDelivery, number);
        var record = Create(session, number, delivery, identifier);
        record.IsWritten = true;
        return record;
    }

    /// <summary>Takes up a message that the store has.</summary>
    public static void Restore(StoredMessage message, long id) => message.Record = new MessageRecord(message, id) { IsWritten = true };

    /// <summary>Forgets a message of the store that nobody waits for.</summary>
    public void OnMessageUnused(long id)
    {
        _removedMessages.Add(id);
        ScheduleIfNeeded();
    }

    /// <summary>Forgets a retained message of the store that has expired.</summary>
    public void OnRetainedUnused(ReadOnlySpan<byte> topic)
    {
        _fresh.Add(topic, null);
        ScheduleIfNeeded();
    }

    // The broker's own figures are made anew by each run.
    private static bool IsKept(StoredMessage message) => !message.Topic.StartsWith(Diagnostics);

    // A topic's first message is written soon, so that after a kill there is one; its followers until then take its place, those after that wait for long.
    private void OnLocalRetainedChanged(ReadOnlySpan<byte> topic, StoredMessage? newest, bool isFirst)
    {
        // The newer set first: changes of one topic stay in order.
        if (_fresh.TryReplace(topic, newest) || _settled.TryReplace(topic, newest))
        {
            return;
        }

        var waiting = _localRetained.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (isFirst)
        {
            waiting.Remove(topic);
            _fresh.Add(topic, newest);
            OnAdded();
            return;
        }

        waiting[topic] = newest;
        if (!_localDeadline.IsScheduled)
        {
            _state.Deadlines.Schedule(_localDeadline, _state.Now + _localInterval);
        }
    }

    private DeliveryRecord Create(SessionRecord session, long number, in Delivery delivery, ushort identifier)
    {
        var record = new DeliveryRecord(session, number)
        {
            QoS = delivery.QoS,
            Retain = delivery.Retain,
            Identifiers = delivery.Identifiers,
            PacketIdentifier = identifier,
        };
        if (delivery.Message is { } message)
        {
            record.Message = message.Record ??= new MessageRecord(message, ++_lastMessage);
            record.Message.References++;
        }

        return record;
    }

    private void Dereference(DeliveryRecord record)
    {
        if (record.Message is not { } message)
        {
            return;
        }

        record.Message = null;
        if (--message.References == 0)
        {
            message.Message.Record = null;
            if (message.IsWritten && _isRecording)
            {
                _removedMessages.Add(message.Id);
                ScheduleIfNeeded();
            }
        }
    }

    private void Note(SessionRecord record)
    {
        Version++;
        if (!_isRecording)
        {
            record.IsChanged = false;
            record.Subscriptions.Clear();
            record.Incoming.Clear();
        }
        else if (!record.IsListed)
        {
            record.IsListed = true;
            _sessions.Add(record);
            ScheduleIfNeeded();
        }
    }

    private void Note(DeliveryRecord record)
    {
        Version++;
        if (_isRecording && !record.IsListed && !record.Session.IsEnded)
        {
            record.IsListed = true;
            _fresh.Add(record);
            OnAdded();
        }
    }

    private void OnAdded()
    {
        ScheduleIfNeeded();
        _isUrgent |= IsBehind;
    }
}
