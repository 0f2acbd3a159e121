using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Broker;
using Gateway.Runtime.Bridging;
using Gateway.Storage.Queue;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// Gives every accepted reading to the local broker, retained, uplink or no uplink. The queue calls it for one record at a time.
/// </summary>
/// <param name="broker">The local broker.</param>
/// <param name="encoder">Makes the message of a record.</param>
/// <param name="topics">The gateway's own.</param>
internal sealed class LocalPublisher(MqttBroker broker, MessageEncoder encoder, OwnTopics topics) : IQueueObserver
{
    private readonly Lock _gate = new();

    /// <summary>The devices are others from now on: what was read of those that go, and is accepted after that, is retained no more.</summary>
    public void Set(IReadOnlyList<BusDefinition> buses)
    {
        lock (_gate)
        {
            topics.Set(buses);
        }
    }

    public void Accepted(QueueRecord record)
    {
        if (encoder.Encode(record) is { } message)
        {
            lock (_gate)
            {
                // The queue does not wait for the local broker, which waits for nobody.
                _ = broker.PublishAsync(message with { Retain = message.Retain && topics.Contains(message.Topic) });
            }
        }
    }
}
