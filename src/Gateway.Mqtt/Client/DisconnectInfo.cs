using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Client;

/// <summary>Why a connection ended.</summary>
/// <param name="ReasonCode">The server's code, the code that the server was told, or an unspecified error if the network failed.</param>
/// <param name="Message">One sentence.</param>
/// <param name="IsByServer">The server sent DISCONNECT.</param>
/// <param name="ServerReference">Where the server says to go instead; null: absent. MQTT 5.0 §4.11.</param>
public sealed record DisconnectInfo(ReasonCode ReasonCode, string Message, bool IsByServer, string? ServerReference)
{
    /// <summary>The client leaves for a server that comes before this one and answers again.</summary>
    public bool IsGoingBack { get; init; }
}
