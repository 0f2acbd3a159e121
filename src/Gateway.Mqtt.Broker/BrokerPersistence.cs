using System.Text;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Packets;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker;

/// <summary>
/// Brings what a store kept into the broker's state, and what changes there to the store: retained messages in
/// batches, one change per topic; sessions when the broker stops.
/// </summary>
internal sealed class BrokerPersistence
{
    private readonly IBrokerStore _store;
    private readonly MqttBrokerOptions _options;
    private readonly BrokerState _state;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Action<Action> _runTurn;

    // What changed since it was last saved, by topic; null = removed. Touched within turns only.
    private readonly Dictionary<byte[], StoredMessage?> _changedByClients = new(TopicBytesComparer.Instance);
    private readonly Dictionary<byte[], StoredMessage?> _changedHere = new(TopicBytesComparer.Instance);
    private long _savedHereAt;

    public BrokerPersistence(
        IBrokerStore store, MqttBrokerOptions options, BrokerState state, TimeProvider timeProvider, ILogger logger, Action<Action> runTurn)
    {
        _store = store;
        _options = options;
        _state = state;
        _timeProvider = timeProvider;
        _logger = logger;
        _runTurn = runTurn;
    }

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var snapshot = await _store.LoadAsync(cancellationToken);
        _runTurn(() =>
        {
            foreach (var retained in snapshot.Retained)
            {
                if (Restore(retained) is { } message)
                {
                    _state.Retained.Set(message);
                }
            }

            foreach (var session in snapshot.Sessions)
            {
                Restore(session);
            }

            // Only from here on: what was loaded is no change.
            _state.Retained.Changed = OnChanged;
        });
        Log.Loaded(_logger, snapshot.Retained.Count, snapshot.Sessions.Count);
    }

    /// <summary>Saves changes of retained messages until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _savedHereAt = _timeProvider.GetTimestamp();
        using var timer = new PeriodicTimer(_options.SaveInterval, _timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var isLocalDue = _timeProvider.GetElapsedTime(_savedHereAt) >= _options.LocalSaveInterval;
                if (isLocalDue)
                {
                    _savedHereAt = _timeProvider.GetTimestamp();
                }

                await SaveRetainedAsync(isLocalDue, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Saves everything that is to outlive the broker; nothing changes any more, and there is no other time for it.</summary>
    public async Task SaveAllAsync()
    {
        await SaveRetainedAsync(includingLocal: true, CancellationToken.None);
        IReadOnlyList<StoredSession> sessions = [];
        _runTurn(() => sessions = [.. _state.Sessions.All.Where(session => session.Connection is null).Select(ToStored)]);
        try
        {
            await _store.SaveSessionsAsync(sessions, CancellationToken.None);
        }
#pragma warning disable CA1031 // Whatever a store throws: the broker stops all the same.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.SavingSessionsFailed(_logger, e, sessions.Count);
        }
    }

    private void OnChanged(StoredMessage message, bool isSet)
    {
        var topic = message.Topic;
        var changes = message.Origin is null ? _changedHere : _changedByClients;
        (message.Origin is null ? _changedByClients : _changedHere).GetAlternateLookup<ReadOnlySpan<byte>>().Remove(topic);
        changes.GetAlternateLookup<ReadOnlySpan<byte>>()[topic] = isSet ? message : null;
    }

    private async Task SaveRetainedAsync(bool includingLocal, CancellationToken cancellationToken)
    {
        var taken = new List<KeyValuePair<byte[], StoredMessage?>>();
        var changes = new List<RetainedChange>();
        _runTurn(() =>
        {
            Take(_changedByClients, taken);
            if (includingLocal)
            {
                Take(_changedHere, taken);
            }

            changes.AddRange(taken.Select(change => new RetainedChange(
                Encoding.UTF8.GetString(change.Key),
                change.Value is { } message ? ToRetained(message, retain: true) : null)));
        });
        if (taken.Count == 0)
        {
            return;
        }

        try
        {
            await _store.SaveRetainedAsync(changes, cancellationToken);
        }
#pragma warning disable CA1031 // Whatever a store throws: the broker goes on, and tries again.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Log.SavingFailed(_logger, e, taken.Count);
            _runTurn(() => PutBack(taken));
        }
    }

    private static void Take(Dictionary<byte[], StoredMessage?> changes, List<KeyValuePair<byte[], StoredMessage?>> into)
    {
        into.AddRange(changes);
        changes.Clear();
    }

    private void PutBack(List<KeyValuePair<byte[], StoredMessage?>> taken)
    {
        foreach (var (topic, message) in taken)
        {
            if (!_changedHere.ContainsKey(topic))
            {
                _changedByClients.TryAdd(topic, message);
            }
        }
    }

    private StoredMessage? Restore(RetainedMessage retained)
    {
        var left = retained.ExpiresAt - _timeProvider.GetUtcNow();
        return left <= TimeSpan.Zero
            ? null
            : _state.Store(retained.Message, left is { } time ? _state.Now + (long)time.TotalMilliseconds : RoutedMessage.Never);
    }

    private RetainedMessage ToRetained(StoredMessage message, bool retain)
        => new(
            message.ToApplicationMessage(_state.Now, retain),
            message.ExpiresAt == RoutedMessage.Never ? null : ToUtc(message.ExpiresAt));

    private DateTimeOffset ToUtc(long at) => _timeProvider.GetUtcNow().AddMilliseconds(at - _state.Now);

    private void Restore(StoredSession stored)
    {
        var awayFor = (long)Math.Max(0, (_timeProvider.GetUtcNow() - stored.DisconnectedAt).TotalMilliseconds);
        var session = _state.Sessions.Restore(
            new ClientIdentity(stored.ClientId, stored.UserName), stored.ExpiryInterval, stored.Will, _state.Now - awayFor);
        foreach (var (subscription, identifier) in stored.Subscriptions)
        {
            _state.Sessions.Subscribe(new RoutedSubscription(session, subscription.TopicFilter)
            {
                MaximumQoS = subscription.MaximumQoS,
                NoLocal = subscription.NoLocal,
                RetainAsPublished = subscription.RetainAsPublished,
                SubscriptionIdentifier = identifier ?? 0,
            });
        }

        foreach (var identifier in stored.IncomingIdentifiers)
        {
            session.AddIncoming(identifier);
        }

        foreach (var delivery in stored.Deliveries)
        {
            Restore(session, delivery);
        }
    }

    private void Restore(ServerSession session, StoredDelivery stored)
    {
        var message = stored.Message is { } kept ? Restore(kept) : null;
        if (message is null && (stored.Message is not null || stored.PacketIdentifier == 0))
        {
            return;
        }

        session.Restore(
            new Delivery
            {
                Message = message,
                QoS = stored.QoS,
                Retain = stored.Retain,
                Identifiers = stored.SubscriptionIdentifiers.Aggregate(default(SubscriptionIdentifiers), (all, identifier) => all.With(identifier)),
                State = stored.PacketIdentifier == 0 ? DeliveryState.Complete
                    : message is null ? DeliveryState.AwaitingPubComp
                    : stored.QoS == QualityOfService.AtLeastOnce ? DeliveryState.AwaitingPubAck
                    : DeliveryState.AwaitingPubRec,
            },
            stored.PacketIdentifier);
    }

    private StoredSession ToStored(ServerSession session) => new()
    {
        ClientId = session.ClientId,
        UserName = session.Identity.UserName,
        ExpiryInterval = session.ExpiryInterval,
        DisconnectedAt = ToUtc(session.DisconnectedAt),
        Will = session.Will,
        Subscriptions = [.. session.Subscriptions.Values.Select(subscription => (
            new Subscription
            {
                TopicFilter = subscription.Filter,
                MaximumQoS = subscription.MaximumQoS,
                NoLocal = subscription.NoLocal,
                RetainAsPublished = subscription.RetainAsPublished,
            },
            subscription.SubscriptionIdentifier == 0 ? (uint?)null : subscription.SubscriptionIdentifier))],
        Deliveries = [.. session.Deliveries().Select(entry => ToStored(entry.Delivery, entry.Identifier))],
        IncomingIdentifiers = [.. session.IncomingIdentifiers],
    };

    private StoredDelivery ToStored(Delivery delivery, ushort identifier) => new()
    {
        Message = delivery.Message is { } message ? ToRetained(message, message.Retain) : null,
        QoS = delivery.QoS,
        Retain = delivery.Retain,
        PacketIdentifier = identifier,
        SubscriptionIdentifiers = delivery.Identifiers.ToArray(),
    };
}
