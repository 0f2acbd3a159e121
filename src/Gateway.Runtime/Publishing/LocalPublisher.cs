using Gateway.Mqtt.Broker;
using Gateway.Storage.Queue;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// Gives every accepted reading to the local broker, retained, uplink or no uplink. The queue calls it for one record at a time.
/// </summary>
internal sealed class LocalPublisher(MqttBroker broker, MessageEncoder encoder) : IQueueObserver
{
    public void Accepted(QueueRecord record)
    {
        if (encoder.Encode(record) is { } message)
        {
            // The queue does not wait for the local broker, which waits for nobody.
            _ = broker.PublishAsync(message);
        }
    }
}
