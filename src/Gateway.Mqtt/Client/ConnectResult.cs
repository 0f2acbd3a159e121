using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Client;

/// <summary>The server's answer to CONNECT.</summary>
/// <param name="Server">The server that answered.</param>
/// <param name="ConnAck">Its CONNACK, with its limits.</param>
/// <param name="Epoch">The number of the connection, growing by one with each that is accepted; 0 if it was refused.</param>
public sealed record ConnectResult(Uri Server, ConnAckPacket ConnAck, long Epoch)
{
    /// <summary>Success, or why the server refused.</summary>
    public ReasonCode ReasonCode => ConnAck.ReasonCode;

    /// <summary>The server let the client in as a bridge (<see cref="MqttClientOptions.IsBridge"/>).</summary>
    public bool IsBridge { get; init; }

    /// <summary>The server accepted the connection.</summary>
    public bool IsAccepted => !ConnAck.ReasonCode.IsFailure();

    /// <summary>The server resumed the session; if not, the client subscribes anew by itself.</summary>
    public bool SessionPresent => ConnAck.SessionPresent;
}
