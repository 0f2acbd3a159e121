using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Client;

/// <summary>The end of a publish.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="ReasonCode">The server's Reason Code (before 5.0 always success; at QoS 2 that of PUBREC, unless PUBCOMP has a failure), or the
/// code of the limit that forbade to send.</param>
public readonly record struct PublishResult(PublishOutcome Outcome, ReasonCode ReasonCode)
{
    /// <summary>The server refused it by ending the connection, again and again (<see cref="MqttClientOptions.PoisonAfter"/>).</summary>
    public bool EndsConnections { get; init; }

    /// <summary>The message is with the server, as far as its QoS tells.</summary>
    public bool IsAccepted => Outcome == PublishOutcome.Accepted;
}
