using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>
/// AUTH. MQTT 5.0 §3.15.
/// <code>
/// [Reason Code | properties]
/// </code>
/// </summary>
internal static class AuthCodec
{
    public static AuthPacket Read(ref BodyReader reader)
    {
        var packet = new AuthPacket { ReasonCode = ReasonCode.Success };
        if (reader.Remaining > 0)
        {
            packet = ReadProperties(ref reader, packet with { ReasonCode = reader.ReadReasonCode(PacketType.Auth) });
        }

        reader.ExpectEnd();
        return packet;
    }

    public static void Write(ref BodyWriter writer, AuthPacket packet)
    {
        if (packet.ReasonCode == ReasonCode.Success && packet.AuthenticationMethod is null
            && packet.ReasonString is null && packet.UserProperties.Count == 0)
        {
            return;
        }

        writer.WriteByte((byte)packet.ReasonCode);
        var mark = writer.BeginLength();
        writer.WriteProperty(PropertyIdentifier.AuthenticationMethod, packet.AuthenticationMethod);
        writer.WriteProperty(PropertyIdentifier.AuthenticationData, packet.AuthenticationData);
        writer.WriteProperty(PropertyIdentifier.ReasonString, packet.ReasonString);
        writer.WriteUserProperties(packet.UserProperties);
        writer.EndLength(mark);
    }

    private static AuthPacket ReadProperties(ref BodyReader reader, AuthPacket packet)
    {
        List<UserProperty>? userProperties = null;
        reader.BeginProperties(PropertySet.Auth);
        while (reader.NextProperty(out var identifier))
        {
            switch (identifier)
            {
                case PropertyIdentifier.AuthenticationMethod: packet = packet with { AuthenticationMethod = reader.ReadString() }; break;
                case PropertyIdentifier.AuthenticationData: packet = packet with { AuthenticationData = reader.ReadBinaryCopy() }; break;
                case PropertyIdentifier.ReasonString: packet = packet with { ReasonString = reader.ReadString() }; break;
                default: reader.ReadUserProperty(ref userProperties); break;
            }
        }

        if (packet.AuthenticationMethod is null)
        {
            reader.Fail(ReasonCode.ProtocolError, "An AUTH packet has no Authentication Method.");
        }

        return packet with { UserProperties = userProperties ?? [] };
    }
}
