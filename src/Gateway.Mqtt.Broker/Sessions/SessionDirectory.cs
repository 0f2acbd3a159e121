using System.Text;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>The sessions by Client Identifier, and how they begin, wait and end. MQTT 5.0 §4.1. Not thread-safe.</summary>
internal sealed class SessionDirectory(BrokerState state)
{
    private const uint Forever = uint.MaxValue;

    private readonly Dictionary<string, ServerSession> _sessions = new(StringComparer.Ordinal);
    private readonly List<Delivery> _orphans = [];

    public int Count => _sessions.Count;

    public IReadOnlyCollection<ServerSession> All => _sessions.Values;

    public ServerSession? Find(string clientId) => _sessions.GetValueOrDefault(clientId);

    /// <summary>Whether there is room for the client's session: it has one, or not all are taken.</summary>
    public bool HasRoomFor(string clientId) => _sessions.Count < state.Limits.Sessions || _sessions.ContainsKey(clientId);

    /// <summary>
    /// Whether the client's identifier is that of another user's session, connected or not. That of a user who may not log in any
    /// more is nobody's, lest it keep the identifier for ever.
    /// </summary>
    public bool IsAnothers(ClientIdentity identity)
        => Find(identity.ClientId) is { } session
            && session.Identity.UserName != identity.UserName
            && !HasExpired(session)
            && state.KnowsUser(session.Identity.UserName);

    /// <summary>The client's session, resumed or new; nobody is connected to it, and it is not <see cref="IsAnothers"/>. §3.1.2.4.</summary>
    public ServerSession Open(ClientIdentity identity, bool cleanStart, out bool wasPresent)
    {
        var existing = Find(identity.ClientId);
        if (existing is not null && (cleanStart || HasExpired(existing) || existing.Identity.UserName != identity.UserName))
        {
            End(existing);
            existing = null;
        }

        wasPresent = existing is not null;
        if (existing is null)
        {
            existing = new ServerSession(state, identity);
            _sessions.Add(identity.ClientId, existing);
        }
        else
        {
            // Who returns before the Will Delay Interval has passed has not gone: MQTT-3.1.3-9.
            state.Deadlines.Cancel(existing.Deadline);
            existing.Will = null;
            existing.Identity = identity;
        }

        return existing;
    }

    /// <summary>Takes up a session from a store; its client has been away since <paramref name="disconnectedAt"/>. The caller schedules it then.</summary>
    public ServerSession Restore(ClientIdentity identity, uint expiryInterval, WillMessage? will, long disconnectedAt)
    {
        var session = new ServerSession(state, identity) { ExpiryInterval = state.Limits.CutExpiry(expiryInterval), Will = will, DisconnectedAt = disconnectedAt };
        _sessions.Add(identity.ClientId, session);
        return session;
    }

    /// <summary>The client's network connection is closed. A Will that it still has is published when its delay has passed.</summary>
    public void Leave(ServerSession session)
    {
        session.Detach();
        session.DisconnectedAt = state.Now;
        if (session.ExpiryInterval == 0)
        {
            End(session);
        }
        else
        {
            if (session.Will is { WillDelayInterval: 0 })
            {
                PublishWill(session);
            }

            state.Journal.OnSessionChanged(session);
            Schedule(session);
        }
    }

    /// <summary>A deadline of an absent client has come.</summary>
    public void OnDue(ServerSession session, long now)
    {
        if (HasExpired(session))
        {
            state.Tally.SessionsExpired++;
            End(session);
            return;
        }

        if (session.Will is not null && WillDueAt(session) <= now)
        {
            PublishWill(session);
            state.Journal.OnSessionChanged(session);
        }

        Schedule(session);
    }

    public void Subscribe(RoutedSubscription subscription)
    {
        ((ServerSession)subscription.Subscriber).Subscriptions.Add(subscription.Filter, subscription);
        state.Subscriptions.Add(subscription);
    }

    public bool Unsubscribe(ServerSession session, string filter)
    {
        if (!session.Subscriptions.Remove(filter, out var subscription))
        {
            return false;
        }

        state.Subscriptions.Remove(subscription);
        state.Journal.OnSubscriptionChanged(session, filter);
        return true;
    }

    /// <summary>Sees to what is to happen to a session whose client is away.</summary>
    public void Schedule(ServerSession session)
    {
        var due = session.Will is null ? ExpiresAt(session) : WillDueAt(session);
        if (due is { } at)
        {
            state.Deadlines.Schedule(session.Deadline, at);
        }
    }

    private static long? ExpiresAt(ServerSession session)
        => session.ExpiryInterval == Forever ? null : session.DisconnectedAt + (session.ExpiryInterval * 1000L);

    private static long WillDueAt(ServerSession session)
        => session.DisconnectedAt + (Math.Min(session.Will!.WillDelayInterval, session.ExpiryInterval) * 1000L);

    private bool HasExpired(ServerSession session)
        => session.Connection is null && ExpiresAt(session) <= state.Now;

    // §3.1.2.5: a Will that waits is published when the session ends, whatever its delay.
    private void End(ServerSession session)
    {
        _sessions.Remove(session.ClientId);
        state.Journal.OnSessionEnded(session);
        state.Deadlines.Cancel(session.Deadline);
        foreach (var subscription in session.Subscriptions.Values)
        {
            state.Subscriptions.Remove(subscription);
        }

        session.Subscriptions.Clear();
        session.Abandon(_orphans);
        PublishWill(session);
        Rehome();
    }

    // §4.8.2: what the group's member did not take goes to another one.
    private void Rehome()
    {
        foreach (var orphan in _orphans)
        {
            if (orphan.Group!.Count > 0)
            {
                var message = new RoutedMessage(orphan.Message!) { Now = state.Now };
                state.Distribute(orphan.Group, ref message);
            }
        }

        _orphans.Clear();
    }

    private void PublishWill(ServerSession session)
    {
        if (session.Will is { } will)
        {
            session.Will = null;

            // It was asked at CONNECT; the list may be another one since, of before a restart too.
            if (state.Authorizer?.MayPublish(session.Identity, Encoding.UTF8.GetBytes(will.Message.Topic)) == false)
            {
                state.Tally.Unauthorized++;
            }
            else
            {
                state.Publish(will.Message, session.Identity);
            }
        }
    }
}
