using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Retained;

/// <summary>Removes a retained message when its Message Expiry Interval has passed. MQTT 5.0 §3.3.1.3.</summary>
internal sealed class RetainedExpiry(RetainedStore store, RetainedNode node) : Deadline
{
    public override void OnDue(long now) => store.Expire(node);
}
