using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <summary>Why the session wants its connection closed.</summary>
/// <param name="ReasonCode">The server's code, or the one that the server was told.</param>
/// <param name="Message">One sentence.</param>
/// <param name="IsByServer">The server sent DISCONNECT.</param>
/// <param name="ServerReference">Where the server says to go instead.</param>
internal readonly record struct SessionEnd(ReasonCode ReasonCode, string Message, bool IsByServer = false, string? ServerReference = null)
{
    /// <summary>The client wanted it so.</summary>
    public bool IsOwn { get; init; }

    /// <summary>The server was there and did not do its part.</summary>
    public bool IsSilence { get; init; }

    /// <summary>Messages were sent on the connection, and none of them was acknowledged.</summary>
    public bool IsFruitless { get; init; }

    /// <summary>
    /// Whether it may have been for what was sent last, as far as one can tell: a server that says why it disconnects has often another
    /// reason, such as a quota. MQTT 5.0 §3.14.2.1.
    /// </summary>
    public bool MayBeForAMessage => !IsOwn && !IsSilence && (!IsByServer || ReasonCode
        is ReasonCode.UnspecifiedError or ReasonCode.MalformedPacket or ReasonCode.ProtocolError or ReasonCode.ImplementationSpecificError
        or ReasonCode.NotAuthorized or ReasonCode.TopicNameInvalid or ReasonCode.TopicAliasInvalid or ReasonCode.PacketTooLarge
        or ReasonCode.PayloadFormatInvalid or ReasonCode.RetainNotSupported or ReasonCode.QoSNotSupported);
}
