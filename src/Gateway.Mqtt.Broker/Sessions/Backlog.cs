namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>
/// Whoever publishes to a client that falls behind: they are not listened to until it has caught up, so that a burst
/// overflows no queue. They wait only as long as it makes progress, and never for long: a client that does not catch
/// up is slow, and costs its own messages. Who has waited in vain waits for nobody for many times as long, so that
/// slow clients, however many, cost a publisher a twentieth of its time at most.
/// </summary>
internal sealed class Backlog(BrokerState state, ServerSession session) : Deadline
{
    private const int CheckMilliseconds = 500;
    private const int MostMilliseconds = 2000;
    private const int RestFactor = 20;

    private readonly List<ServerConnection> _publishers = [];
    private long _heldSince;
    private long _holdsAgainAt;
    private long _progress;

    public bool IsHolding => _publishers.Count > 0;

    /// <summary>Makes a publisher wait, unless one of the two has waited in vain lately.</summary>
    public void Hold(ServerConnection publisher)
    {
        if (state.Now < Math.Max(_holdsAgainAt, publisher.WaitsAgainAt))
        {
            return;
        }

        if (!IsHolding)
        {
            _heldSince = state.Now;
            _progress = session.Progress;
            state.Deadlines.Schedule(this, state.Now + CheckMilliseconds);
        }

        publisher.BeginWait();
        _publishers.Add(publisher);
    }

    /// <summary>The client has caught up, or is gone.</summary>
    public void Release()
    {
        state.Deadlines.Cancel(this);
        foreach (var publisher in _publishers)
        {
            publisher.EndWait();
        }

        _publishers.Clear();
    }

    public override void OnDue(long now)
    {
        var heldFor = now - _heldSince;
        if (session.Progress != _progress && heldFor < MostMilliseconds)
        {
            _progress = session.Progress;
            state.Deadlines.Schedule(this, now + CheckMilliseconds);
            return;
        }

        state.Tally.SlowSubscribers++;
        _holdsAgainAt = now + (RestFactor * heldFor);
        foreach (var publisher in _publishers)
        {
            publisher.WaitsAgainAt = _holdsAgainAt;
        }

        Release();
    }
}
