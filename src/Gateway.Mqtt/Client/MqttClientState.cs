namespace Gateway.Mqtt.Client;

/// <summary>Where a client stands.</summary>
public enum MqttClientState
{
    /// <summary>No connection, and none is being made just now.</summary>
    Disconnected,

    /// <summary>A connection is being made.</summary>
    Connecting,

    /// <summary>The server has accepted the connection.</summary>
    Connected,
}
