using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>
/// SUBACK. MQTT 5.0 §3.9.
/// <code>
/// Packet Identifier | [5.0: properties] | one Reason Code per Topic Filter (3.x: 0, 1, 2 or 0x80)
/// </code>
/// </summary>
internal static class SubAckCodec
{
    public static SubAckPacket Read(ref BodyReader reader, ProtocolVersion version)
    {
        var packetIdentifier = reader.ReadPacketIdentifier();
        string? reasonString = null;
        List<UserProperty>? userProperties = null;
        if (version == ProtocolVersion.V50)
        {
            DiagnosticsCodec.Read(ref reader, out reasonString, out userProperties);
        }

        var codes = new List<ReasonCode>();
        while (reader.Remaining > 0)
        {
            var code = reader.ReadReasonCode(PacketType.SubAck);
            if (version != ProtocolVersion.V50 && code > ReasonCode.UnspecifiedError)
            {
                reader.Fail(ReasonCode.MalformedPacket, "A SUBACK return code is reserved.");
            }

            codes.Add(code);
        }

        if (codes.Count == 0)
        {
            reader.Fail(ReasonCode.ProtocolError, "A SUBACK has no Reason Code.");
        }

        return new SubAckPacket
        {
            PacketIdentifier = packetIdentifier,
            ReasonCodes = codes,
            ReasonString = reasonString,
            UserProperties = userProperties ?? (IReadOnlyList<UserProperty>)[],
        };
    }

    public static void Write(ref BodyWriter writer, SubAckPacket packet, ProtocolVersion version)
    {
        writer.WriteUInt16(packet.PacketIdentifier);
        if (version == ProtocolVersion.V50)
        {
            DiagnosticsCodec.Write(ref writer, packet);
        }

        foreach (var code in packet.ReasonCodes)
        {
            writer.WriteByte((byte)(version != ProtocolVersion.V50 && code.IsFailure() ? ReasonCode.UnspecifiedError : code));
        }
    }
}
