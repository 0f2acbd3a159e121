namespace Gateway.Mqtt;

/// <summary>
/// The root of what this library throws: a broken transport, a peer that broke the protocol, or a packet that cannot
/// be encoded. A server's refusal is a value (<see cref="Packets.ReasonCode"/>), never an exception.
/// </summary>
public class MqttException : Exception
{
    /// <param name="message">One sentence: what happened and, where it is known, what to do.</param>
    /// <param name="innerException">The cause, if another layer reported one.</param>
    public MqttException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
