using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>
/// DISCONNECT. MQTT 5.0 §3.14.
/// <code>
/// 3.x: nothing    5.0: [Reason Code | [properties]]
/// </code>
/// </summary>
internal static class DisconnectCodec
{
    public static DisconnectPacket Read(ref BodyReader reader, ProtocolVersion version)
    {
        var packet = new DisconnectPacket();
        if (version == ProtocolVersion.V50 && reader.Remaining > 0)
        {
            packet = packet with { ReasonCode = reader.ReadReasonCode(PacketType.Disconnect) };
            if (reader.Remaining > 0)
            {
                packet = ReadProperties(ref reader, packet);
            }
        }

        reader.ExpectEnd();
        return packet;
    }

    public static void Write(ref BodyWriter writer, DisconnectPacket packet, ProtocolVersion version)
    {
        var hasProperties = packet.SessionExpiryInterval is not null || packet.ServerReference is not null
            || packet.ReasonString is not null || packet.UserProperties.Count > 0;
        if (version != ProtocolVersion.V50 || (packet.ReasonCode == ReasonCode.NormalDisconnection && !hasProperties))
        {
            return;
        }

        writer.WriteByte((byte)packet.ReasonCode);
        if (!hasProperties)
        {
            return;
        }

        var mark = writer.BeginLength();
        if (packet.SessionExpiryInterval is { } sessionExpiryInterval)
        {
            writer.WriteProperty(PropertyIdentifier.SessionExpiryInterval, sessionExpiryInterval);
        }

        writer.WriteProperty(PropertyIdentifier.ReasonString, packet.ReasonString);
        writer.WriteProperty(PropertyIdentifier.ServerReference, packet.ServerReference);
        writer.WriteUserProperties(packet.UserProperties);
        writer.EndLength(mark);
    }

    private static DisconnectPacket ReadProperties(ref BodyReader reader, DisconnectPacket packet)
    {
        List<UserProperty>? userProperties = null;
        reader.BeginProperties(PropertySet.Disconnect);
        while (reader.NextProperty(out var identifier))
        {
            switch (identifier)
            {
                case PropertyIdentifier.SessionExpiryInterval: packet = packet with { SessionExpiryInterval = reader.ReadUInt32() }; break;
                case PropertyIdentifier.ReasonString: packet = packet with { ReasonString = reader.ReadString() }; break;
                case PropertyIdentifier.ServerReference: packet = packet with { ServerReference = reader.ReadString() }; break;
                default: reader.ReadUserProperty(ref userProperties); break;
            }
        }

        return packet with { UserProperties = userProperties ?? [] };
    }
}
