using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Persistence;

/// <summary>Changes that no client waits for are due to be committed.</summary>
internal sealed class JournalDeadline(Action onDue) : Deadline
{
    public override void OnDue(long now) => onDue();
}
