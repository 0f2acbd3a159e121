namespace Gateway.Mqtt.Client;

/// <summary>Hears how pipelined publishes end: one object serves any number of them.</summary>
public interface IPublishCompletion
{
    /// <summary>Called once per accepted publish, on a thread of the client; it must not block and must not throw. At QoS 1
    /// and 2 calls follow the order of the server's acknowledgements.</summary>
    /// <param name="token">The number given with the message.</param>
    /// <param name="result">How the publish ended.</param>
    void Completed(long token, PublishResult result);
}
