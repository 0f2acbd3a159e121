using System.Text;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Persistence;

/// <summary>
/// Makes the broker's state of the rows of a store, within one turn. What expired meanwhile, or refers to rows that
/// are not there, is left out and removed from the store.
/// </summary>
internal sealed class Restoration(BrokerState state, DateTimeOffset utcNow)
{
    private readonly Dictionary<long, ServerSession> _sessions = [];
    private readonly Dictionary<long, StoredMessage> _messages = [];

    /// <summary>Takes the rows up, and opens the journal.</summary>
    public void Run(BrokerRows rows, TimeSpan commitInterval, TimeSpan localSaveInterval)
    {
        var lastSession = rows.Sessions.Select(row => row.Id).DefaultIfEmpty().Max();
        var lastMessage = rows.Messages.Select(row => row.Id).DefaultIfEmpty().Max();
        state.Journal.Open(commitInterval, localSaveInterval, lastSession, lastMessage);
        foreach (var row in rows.Sessions)
        {
            Restore(row);
        }

        foreach (var row in rows.Subscriptions)
        {
            Restore(row);
        }

        foreach (var row in rows.Incoming)
        {
            _sessions.GetValueOrDefault(row.SessionId)?.RestoreIncoming(row.PacketIdentifier);
        }

        foreach (var row in rows.Messages)
        {
            if (RowPackets.ReadMessage(row.Publish.Span, origin: null, ToExpiry(row.ExpiresAt)) is { } message)
            {
                Journal.Restore(message, row.Id);
                _messages[row.Id] = message;
            }
        }

        foreach (var row in rows.Deliveries)
        {
            Restore(row);
        }

        foreach (var (id, message) in _messages)
        {
            // Those that had deliveries were removed with the last of them.
            if (message.Record is { References: 0 })
            {
                message.Record = null;
                state.Journal.OnMessageUnused(id);
            }
        }

        foreach (var row in rows.Retained)
        {
            Restore(row);
        }

        // Only from here on: what was loaded is no change.
        state.Retained.Changed = state.Journal.OnRetainedChanged;
        foreach (var session in _sessions.Values)
        {
            state.Sessions.Schedule(session);
        }
    }

    private void Restore(SessionRow row)
    {
        if (RowPackets.ReadConnect(row.Connect.Span) is not { } connect || state.Sessions.Find(row.ClientId) is not null)
        {
            return;
        }

        // Who was connected when the broker died left then; when that was nobody knows.
        var awayFor = row.DisconnectedAt is { } time ? Math.Max(0, (long)(utcNow - time).TotalMilliseconds) : 0;
        var session = state.Sessions.Restore(
            new ClientIdentity(row.ClientId, connect.UserName), connect.SessionExpiryInterval, connect.Will, state.Now - awayFor);
        Journal.Restore(session, row.Id);
        _sessions[row.Id] = session;
        if (row.DisconnectedAt is null)
        {
            state.Journal.OnSessionChanged(session);
        }
    }

    private void Restore(SubscriptionRow row)
    {
        if (RowPackets.ReadSubscribe(row.Subscribe.Span) is { Subscriptions: [var subscription] } subscribe
            && _sessions.TryGetValue(row.SessionId, out var session)
            && !session.Subscriptions.ContainsKey(subscription.TopicFilter))
        {
            state.Sessions.Subscribe(new RoutedSubscription(session, subscription.TopicFilter)
            {
                MaximumQoS = subscription.MaximumQoS,
                NoLocal = subscription.NoLocal,
                RetainAsPublished = subscription.RetainAsPublished,
                SubscriptionIdentifier = subscribe.SubscriptionIdentifier ?? 0,
            });
        }
    }

    private void Restore(DeliveryRow row)
    {
        if (!_sessions.TryGetValue(row.SessionId, out var session))
        {
            return;
        }

        StoredMessage? message = null;
        var isComplete = row.MessageId is { } id ? _messages.TryGetValue(id, out message) : row.PacketIdentifier != 0;
        var delivery = new Delivery
        {
            Message = message,
            QoS = row.QoS,
            Retain = row.Retain,
            Identifiers = (row.SubscriptionIdentifiers ?? []).Aggregate(default(SubscriptionIdentifiers), (all, identifier) => all.With(identifier)),
            State = row.PacketIdentifier == 0 ? DeliveryState.Complete
                : row.MessageId is null ? DeliveryState.AwaitingPubComp
                : row.QoS == QualityOfService.AtLeastOnce ? DeliveryState.AwaitingPubAck
                : DeliveryState.AwaitingPubRec,
        };
        delivery.Record = state.Journal.Restore(session.Record!, row.Number, delivery, row.PacketIdentifier);
        if (!isComplete || (row.PacketIdentifier == 0 && message!.ExpiresAt <= state.Now))
        {
            state.Journal.OnRemoved(delivery);
            return;
        }

        session.Restore(delivery, row.PacketIdentifier);
    }

    private void Restore(RetainedRow row)
    {
        var expiresAt = ToExpiry(row.ExpiresAt);
        if (expiresAt <= state.Now || RowPackets.ReadMessage(row.Publish.Span, row.Origin, expiresAt) is not { } message)
        {
            state.Journal.OnRetainedUnused(Encoding.UTF8.GetBytes(row.Topic));
        }
        else if (!state.Retained.Set(message))
        {
            state.Tally.NotRetained++;
        }
    }

    private long ToExpiry(DateTimeOffset? time) => time is { } known ? state.Now + (long)(known - utcNow).TotalMilliseconds : RoutedMessage.Never;
}
