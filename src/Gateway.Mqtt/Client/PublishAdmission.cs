namespace Gateway.Mqtt.Client;

/// <summary>Whether <see cref="MqttClient.TryPublish"/> took a message.</summary>
public enum PublishAdmission
{
    /// <summary>Taken: its completion will be called once.</summary>
    Accepted,

    /// <summary>Not taken: <see cref="MqttClientOptions.MaximumOutstanding"/> messages are under way.</summary>
    Full,

    /// <summary>Not taken: there is no connection.</summary>
    NotConnected,
}
