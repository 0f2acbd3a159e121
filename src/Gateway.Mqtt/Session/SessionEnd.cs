using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <summary>Why the session wants its connection closed.</summary>
/// <param name="ReasonCode">The server's code, or the one that the server was told.</param>
/// <param name="Message">One sentence.</param>
/// <param name="IsByServer">The server sent DISCONNECT.</param>
/// <param name="ServerReference">Where the server says to go instead.</param>
internal readonly record struct SessionEnd(ReasonCode ReasonCode, string Message, bool IsByServer = false, string? ServerReference = null);
