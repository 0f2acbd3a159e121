namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>What happens to the session of a client that stays away: its Will is published, then it ends.</summary>
internal sealed class SessionDeadline(SessionDirectory sessions, ServerSession session) : Deadline
{
    public override void OnDue(long now) => sessions.OnDue(session, now);
}
