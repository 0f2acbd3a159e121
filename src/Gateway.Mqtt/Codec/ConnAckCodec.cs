using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>
/// CONNACK. MQTT 5.0 §3.2, MQTT 3.1.1 §3.2.
/// <code>
/// Connect Acknowledge Flags | Reason Code (3.x: return code) | [5.0: properties]
/// </code>
/// </summary>
internal static class ConnAckCodec
{
    public static ConnAckPacket Read(ref BodyReader reader, ProtocolVersion version)
    {
        var flags = reader.ReadByte();
        if ((flags & 0xFE) != 0 && version != ProtocolVersion.V31)
        {
            reader.Fail(ReasonCode.MalformedPacket, "A reserved Connect Acknowledge Flag is set.");
        }

        // A server that does not know 5.0 answers with two bytes and an old return code.
        var isOldForm = version != ProtocolVersion.V50 || reader.Remaining == 1;
        var reasonCode = isOldForm ? ReadReturnCode(ref reader) : reader.ReadReasonCode(PacketType.ConnAck);
        var packet = new ConnAckPacket
        {
            ReasonCode = reasonCode,
            SessionPresent = version != ProtocolVersion.V31 && (flags & 0x01) != 0,
        };
        if (packet.SessionPresent && reasonCode != ReasonCode.Success)
        {
            reader.Fail(ReasonCode.ProtocolError, "Session Present is set beside a refusal.");
        }

        if (!isOldForm)
        {
            packet = ReadProperties(ref reader, packet);
        }
        else if (version == ProtocolVersion.V50 && reasonCode == ReasonCode.Success)
        {
            reader.Fail(ReasonCode.MalformedPacket, "The CONNACK of a 5.0 connection has no properties.");
        }

        reader.ExpectEnd();
        return packet;
    }

    public static void Write(ref BodyWriter writer, ConnAckPacket packet, ProtocolVersion version)
    {
        writer.WriteByte((byte)(packet.SessionPresent && version != ProtocolVersion.V31 ? 1 : 0));
        if (version == ProtocolVersion.V50)
        {
            writer.WriteByte((byte)packet.ReasonCode);
            WriteProperties(ref writer, packet);
        }
        else
        {
            writer.WriteByte(ReturnCodeOf(packet.ReasonCode));
        }
    }

    // MQTT 3.1.1 §3.2.2.3, table 3.1. Codes without a counterpart become the nearest.
    private static byte ReturnCodeOf(ReasonCode reasonCode) => reasonCode switch
    {
        ReasonCode.Success => 0,
        ReasonCode.UnsupportedProtocolVersion => 1,
        ReasonCode.ClientIdentifierNotValid => 2,
        ReasonCode.BadUserNameOrPassword => 4,
        ReasonCode.NotAuthorized or ReasonCode.Banned or ReasonCode.BadAuthenticationMethod => 5,
        _ => 3,
    };

    private static ReasonCode ReadReturnCode(ref BodyReader reader)
    {
        switch (reader.ReadByte())
        {
            case 0: return ReasonCode.Success;
            case 1: return ReasonCode.UnsupportedProtocolVersion;
            case 2: return ReasonCode.ClientIdentifierNotValid;
            case 3: return ReasonCode.ServerUnavailable;
            case 4: return ReasonCode.BadUserNameOrPassword;
            case 5: return ReasonCode.NotAuthorized;
            default:
                reader.Fail(ReasonCode.MalformedPacket, "The CONNACK return code is reserved.");
                return ReasonCode.UnspecifiedError;
        }
    }

    private static ConnAckPacket ReadProperties(ref BodyReader reader, ConnAckPacket packet)
    {
        List<UserProperty>? userProperties = null;
        reader.BeginProperties(PropertySet.ConnAck);
        while (reader.NextProperty(out var identifier))
        {
            // Once per connection: a copy of the record per property costs nothing that matters.
            switch (identifier)
            {
                case PropertyIdentifier.SessionExpiryInterval: packet = packet with { SessionExpiryInterval = reader.ReadUInt32() }; break;
                case PropertyIdentifier.ReceiveMaximum: packet = packet with { ReceiveMaximum = reader.ReadNonZeroUInt16() }; break;
                case PropertyIdentifier.MaximumQoS: packet = packet with { MaximumQoS = (QualityOfService)(reader.ReadBoolean() ? 1 : 0) }; break;
                case PropertyIdentifier.RetainAvailable: packet = packet with { RetainAvailable = reader.ReadBoolean() }; break;
                case PropertyIdentifier.MaximumPacketSize: packet = packet with { MaximumPacketSize = reader.ReadNonZeroUInt32() }; break;
                case PropertyIdentifier.AssignedClientIdentifier: packet = packet with { AssignedClientIdentifier = reader.ReadString() }; break;
                case PropertyIdentifier.TopicAliasMaximum: packet = packet with { TopicAliasMaximum = reader.ReadUInt16() }; break;
                case PropertyIdentifier.ReasonString: packet = packet with { ReasonString = reader.ReadString() }; break;
                case PropertyIdentifier.WildcardSubscriptionAvailable: packet = packet with { WildcardSubscriptionAvailable = reader.ReadBoolean() }; break;
                case PropertyIdentifier.SubscriptionIdentifierAvailable: packet = packet with { SubscriptionIdentifiersAvailable = reader.ReadBoolean() }; break;
                case PropertyIdentifier.SharedSubscriptionAvailable: packet = packet with { SharedSubscriptionAvailable = reader.ReadBoolean() }; break;
                case PropertyIdentifier.ServerKeepAlive: packet = packet with { ServerKeepAlive = reader.ReadUInt16() }; break;
                case PropertyIdentifier.ResponseInformation: packet = packet with { ResponseInformation = reader.ReadString() }; break;
                case PropertyIdentifier.ServerReference: packet = packet with { ServerReference = reader.ReadString() }; break;
                case PropertyIdentifier.AuthenticationMethod: packet = packet with { AuthenticationMethod = reader.ReadString() }; break;
                case PropertyIdentifier.AuthenticationData: packet = packet with { AuthenticationData = reader.ReadBinaryCopy() }; break;
                default: reader.ReadUserProperty(ref userProperties); break;
            }
        }

        return packet with { UserProperties = userProperties ?? [] };
    }

    private static void WriteProperties(ref BodyWriter writer, ConnAckPacket packet)
    {
        var mark = writer.BeginLength();
        if (packet.SessionExpiryInterval is { } sessionExpiryInterval)
        {
            writer.WriteProperty(PropertyIdentifier.SessionExpiryInterval, sessionExpiryInterval);
        }

        if (packet.ReceiveMaximum != ushort.MaxValue)
        {
            writer.WriteProperty(PropertyIdentifier.ReceiveMaximum, packet.ReceiveMaximum);
        }

        if (packet.MaximumQoS != QualityOfService.ExactlyOnce)
        {
            writer.WriteProperty(PropertyIdentifier.MaximumQoS, (byte)packet.MaximumQoS);
        }

        writer.WriteFlag(PropertyIdentifier.RetainAvailable, packet.RetainAvailable, absentMeans: true);
        if (packet.MaximumPacketSize is { } maximumPacketSize)
        {
            writer.WriteProperty(PropertyIdentifier.MaximumPacketSize, maximumPacketSize);
        }

        writer.WriteProperty(PropertyIdentifier.AssignedClientIdentifier, packet.AssignedClientIdentifier);
        if (packet.TopicAliasMaximum != 0)
        {
            writer.WriteProperty(PropertyIdentifier.TopicAliasMaximum, packet.TopicAliasMaximum);
        }

        writer.WriteProperty(PropertyIdentifier.ReasonString, packet.ReasonString);
        writer.WriteUserProperties(packet.UserProperties);
        writer.WriteFlag(PropertyIdentifier.WildcardSubscriptionAvailable, packet.WildcardSubscriptionAvailable, absentMeans: true);
        writer.WriteFlag(PropertyIdentifier.SubscriptionIdentifierAvailable, packet.SubscriptionIdentifiersAvailable, absentMeans: true);
        writer.WriteFlag(PropertyIdentifier.SharedSubscriptionAvailable, packet.SharedSubscriptionAvailable, absentMeans: true);
        if (packet.ServerKeepAlive is { } serverKeepAlive)
        {
            writer.WriteProperty(PropertyIdentifier.ServerKeepAlive, serverKeepAlive);
        }

        writer.WriteProperty(PropertyIdentifier.ResponseInformation, packet.ResponseInformation);
        writer.WriteProperty(PropertyIdentifier.ServerReference, packet.ServerReference);
        writer.WriteProperty(PropertyIdentifier.AuthenticationMethod, packet.AuthenticationMethod);
        writer.WriteProperty(PropertyIdentifier.AuthenticationData, packet.AuthenticationData);
        writer.EndLength(mark);
    }
}
