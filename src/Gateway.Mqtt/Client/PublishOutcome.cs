namespace Gateway.Mqtt.Client;

/// <summary>How a publish ended.</summary>
public enum PublishOutcome
{
    /// <summary>QoS 0: written to the connection. QoS 1, 2: the server accepted it (PUBACK, PUBCOMP).</summary>
    Accepted,

    /// <summary>The server refused it, or its limits forbid to send it; the Reason Code says why. It is not sent again.</summary>
    Refused,

    /// <summary>The client was disconnected or disposed by its user, or a QoS 0 message was lost with its connection; whether
    /// the server has the message is not known.</summary>
    Abandoned,
}
