using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>
/// UNSUBSCRIBE and UNSUBACK. MQTT 5.0 §3.10, §3.11.
/// <code>
/// UNSUBSCRIBE: Packet Identifier | [5.0: properties] | one or more Topic Filters
/// UNSUBACK:    Packet Identifier | [5.0: properties | one Reason Code per Topic Filter]
/// </code>
/// </summary>
internal static class UnsubscribeCodec
{
    public static UnsubscribePacket Read(ref BodyReader reader, ProtocolVersion version)
    {
        var packetIdentifier = reader.ReadPacketIdentifier();
        List<UserProperty>? userProperties = null;
        if (version == ProtocolVersion.V50)
        {
            reader.BeginProperties(PropertySet.Unsubscribe);
            while (reader.NextProperty(out _))
            {
                reader.ReadUserProperty(ref userProperties);
            }
        }

        var filters = new List<string>();
        while (reader.Remaining > 0)
        {
            if (filters.Count == reader.Limits.TopicFilters)
            {
                reader.Fail(ReasonCode.QuotaExceeded, "An UNSUBSCRIBE has too many Topic Filters.");
                break;
            }

            filters.Add(reader.ReadTopicFilter());
        }

        if (filters.Count == 0)
        {
            reader.Fail(ReasonCode.ProtocolError, "An UNSUBSCRIBE has no Topic Filter.");
        }

        return new UnsubscribePacket
        {
            PacketIdentifier = packetIdentifier,
            TopicFilters = filters,
            UserProperties = userProperties ?? (IReadOnlyList<UserProperty>)[],
        };
    }

    public static void Write(ref BodyWriter writer, UnsubscribePacket packet, ProtocolVersion version)
    {
        writer.WriteUInt16(packet.PacketIdentifier);
        if (version == ProtocolVersion.V50)
        {
            var mark = writer.BeginLength();
            writer.WriteUserProperties(packet.UserProperties);
            writer.EndLength(mark);
        }

        foreach (var filter in packet.TopicFilters)
        {
            writer.WriteString(filter);
        }
    }

    public static UnsubAckPacket ReadAck(ref BodyReader reader, ProtocolVersion version)
    {
        var packet = new UnsubAckPacket { PacketIdentifier = reader.ReadPacketIdentifier() };
        if (version != ProtocolVersion.V50)
        {
            reader.ExpectEnd();
            return packet;
        }

        DiagnosticsCodec.Read(ref reader, out var reasonString, out var userProperties);
        var codes = new List<ReasonCode>();
        while (reader.Remaining > 0)
        {
            codes.Add(reader.ReadReasonCode(PacketType.UnsubAck));
        }

        if (codes.Count == 0)
        {
            reader.Fail(ReasonCode.ProtocolError, "An UNSUBACK has no Reason Code.");
        }

        return packet with { ReasonCodes = codes, ReasonString = reasonString, UserProperties = userProperties ?? [] };
    }

    public static void WriteAck(ref BodyWriter writer, UnsubAckPacket packet, ProtocolVersion version)
    {
        writer.WriteUInt16(packet.PacketIdentifier);
        if (version == ProtocolVersion.V50)
        {
            DiagnosticsCodec.Write(ref writer, packet);
            foreach (var code in packet.ReasonCodes)
            {
                writer.WriteByte((byte)code);
            }
        }
    }
}
