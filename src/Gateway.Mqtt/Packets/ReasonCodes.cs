namespace Gateway.Mqtt.Packets;

/// <summary>What the standard says of each <see cref="ReasonCode"/>.</summary>
public static class ReasonCodes
{
    // The columns of table 2-6, MQTT 5.0 §2.4.
    private static ReadOnlySpan<byte> ConnAck =>
        [0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F];

    private static ReadOnlySpan<byte> PubAckPubRec => [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];

    private static ReadOnlySpan<byte> PubRelPubComp => [0x00, 0x92];

    private static ReadOnlySpan<byte> SubAck => [0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2];

    private static ReadOnlySpan<byte> UnsubAck => [0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91];

    private static ReadOnlySpan<byte> Disconnect =>
    [
        0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95,
        0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2,
    ];

    private static ReadOnlySpan<byte> Auth => [0x00, 0x18, 0x19];

    /// <summary>True for 0x80 and above.</summary>
    /// <param name="reasonCode">Any value.</param>
    public static bool IsFailure(this ReasonCode reasonCode) => (byte)reasonCode >= 0x80;

    /// <summary>Whether a failure may pass: the same request, made again later or on a new connection, may succeed. The others stay what
    /// they are until somebody changes the message, the client's options or the server's configuration.</summary>
    /// <param name="reasonCode">A failure; anything below 0x80 answers false.</param>
    public static bool IsTransient(this ReasonCode reasonCode) => reasonCode is
        ReasonCode.UnspecifiedError or ReasonCode.ImplementationSpecificError or ReasonCode.ServerUnavailable or ReasonCode.ServerBusy
        or ReasonCode.ServerShuttingDown or ReasonCode.KeepAliveTimeout or ReasonCode.PacketIdentifierInUse
        or ReasonCode.PacketIdentifierNotFound or ReasonCode.ReceiveMaximumExceeded or ReasonCode.MessageRateTooHigh
        or ReasonCode.QuotaExceeded or ReasonCode.AdministrativeAction or ReasonCode.UseAnotherServer
        or ReasonCode.ConnectionRateExceeded or ReasonCode.MaximumConnectTime;

    /// <summary>Whether a packet of this type may carry this code. MQTT 5.0 §2.4.</summary>
    /// <param name="packetType">Types without a Reason Code answer false.</param>
    /// <param name="reasonCode">Any value, known or not.</param>
    public static bool IsAllowedIn(PacketType packetType, ReasonCode reasonCode)
    {
        var allowed = packetType switch
        {
            PacketType.ConnAck => ConnAck,
            PacketType.PubAck or PacketType.PubRec => PubAckPubRec,
            PacketType.PubRel or PacketType.PubComp => PubRelPubComp,
            PacketType.SubAck => SubAck,
            PacketType.UnsubAck => UnsubAck,
            PacketType.Disconnect => Disconnect,
            PacketType.Auth => Auth,
            _ => [],
        };
        return allowed.Contains((byte)reasonCode);
    }
}
