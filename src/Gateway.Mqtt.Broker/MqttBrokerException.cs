namespace Gateway.Mqtt.Broker;

/// <summary>The broker cannot do what its owner asked for; the message is a sentence that says what to do.</summary>
public class MqttBrokerException : Exception
{
    /// <summary>An error without an inner one.</summary>
    public MqttBrokerException(string message) : base(message)
    {
    }

    /// <summary>An error that another one caused.</summary>
    public MqttBrokerException(string message, Exception? innerException) : base(message, innerException)
    {
    }

    /// <summary>An error without words.</summary>
    public MqttBrokerException()
    {
    }
}
