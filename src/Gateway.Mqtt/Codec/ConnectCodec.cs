using System.Text;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>
/// CONNECT. MQTT 5.0 §3.1, MQTT 3.1.1 §3.1.
/// <code>
/// Protocol Name | Protocol Version | Connect Flags | Keep Alive | [5.0: properties]
/// Client Identifier | [Will: [5.0: properties] Topic, Payload] | [User Name] | [Password]
/// </code>
/// </summary>
internal static class ConnectCodec
{
    private const byte CleanStartFlag = 0x02;
    private const byte WillFlag = 0x04;
    private const byte WillRetainFlag = 0x20;
    private const byte PasswordFlag = 0x40;
    private const byte UserNameFlag = 0x80;

    // mosquitto's: the client is a bridge of another broker.
    private const byte BridgeBit = 0x80;

    private static ReadOnlySpan<byte> NameOf311And50 => "MQTT"u8;

    private static ReadOnlySpan<byte> NameOf31 => "MQIsdp"u8;

    public static ConnectPacket? Read(ref BodyReader reader)
    {
        if (ReadVersion(ref reader, out var isBridge) is not { } version)
        {
            return null;
        }

        var flags = reader.ReadByte();
        if (version == ProtocolVersion.V31)
        {
            flags = WithoutUnused(flags);
        }
        else if ((flags & 0x01) != 0)
        {
            reader.Fail(ReasonCode.MalformedPacket, "The reserved Connect Flag is set.");
        }

        if (version != ProtocolVersion.V50 && (flags & (UserNameFlag | PasswordFlag)) == PasswordFlag)
        {
            reader.Fail(ReasonCode.MalformedPacket, "A Password stands without a User Name.");
        }

        var packet = new ConnectPacket
        {
            ProtocolVersion = version,
            IsBridge = isBridge,
            CleanStart = (flags & CleanStartFlag) != 0,
            KeepAlive = reader.ReadUInt16(),
        };
        if (version == ProtocolVersion.V50)
        {
            packet = ReadProperties(ref reader, packet);
        }

        packet = packet with { ClientIdentifier = reader.ReadString(), Will = ReadWill(ref reader, flags, version) };
        packet = packet with
        {
            UserName = HasField(reader, flags, UserNameFlag, version) ? reader.ReadString() : null,
            Password = HasField(reader, flags, PasswordFlag, version) ? reader.ReadBinaryCopy() : (ReadOnlyMemory<byte>?)null,
        };
        reader.ExpectEnd();
        return packet;
    }

    public static void Write(ref BodyWriter writer, ConnectPacket packet)
    {
        var version = packet.ProtocolVersion;
        writer.WriteBinary(version == ProtocolVersion.V31 ? NameOf31 : NameOf311And50);
        writer.WriteByte((byte)((byte)version | (packet.IsBridge && version != ProtocolVersion.V50 ? BridgeBit : 0)));
        writer.WriteByte(FlagsOf(packet));
        writer.WriteUInt16(packet.KeepAlive);
        if (version == ProtocolVersion.V50)
        {
            WriteProperties(ref writer, packet);
        }

        writer.WriteString(packet.ClientIdentifier);
        if (packet.Will is { } will)
        {
            if (version == ProtocolVersion.V50)
            {
                var mark = writer.BeginLength();
                if (will.WillDelayInterval != 0)
                {
                    writer.WriteProperty(PropertyIdentifier.WillDelayInterval, will.WillDelayInterval);
                }

                PublishCodec.WriteMessageProperties(ref writer, will.Message);
                writer.EndLength(mark);
            }

            writer.WriteString(will.Message.Topic);
            writer.WriteBinary(will.Message.Payload.Span);
        }

        if (packet.UserName is { } userName)
        {
            writer.WriteString(userName);
        }

        if (packet.Password is { } password)
        {
            writer.WriteBinary(password.Span);
        }
    }

    private static ProtocolVersion? ReadVersion(ref BodyReader reader, out bool isBridge)
    {
        var name = reader.ReadBinary();
        var level = reader.ReadByte();
        isBridge = (level & BridgeBit) != 0 && (ProtocolVersion)(level & ~BridgeBit) is ProtocolVersion.V31 or ProtocolVersion.V311;
        level = isBridge ? (byte)(level & ~BridgeBit) : level;
        if (reader.Failed)
        {
            return null;
        }

        if (name.SequenceEqual(NameOf311And50) && level is (byte)ProtocolVersion.V311 or (byte)ProtocolVersion.V50)
        {
            return (ProtocolVersion)level;
        }

        if (name.SequenceEqual(NameOf31) && level == (byte)ProtocolVersion.V31)
        {
            return ProtocolVersion.V31;
        }

        if (name.SequenceEqual(NameOf311And50) || name.SequenceEqual(NameOf31))
        {
            reader.Fail(ReasonCode.UnsupportedProtocolVersion, "The protocol version is none of 3.1, 3.1.1 and 5.0.");
        }
        else
        {
            reader.Fail(ReasonCode.ProtocolError, "The protocol name is not MQTT's.");
        }

        return null;
    }

    // MQTT 3.1 §3.1: bit 0 is not used, nor are Will QoS and Will Retain without a Will; whatever they say is ignored.
    private static byte WithoutUnused(byte flags) => (byte)(flags & ((flags & WillFlag) == 0 ? ~(0x01 | 0x18 | WillRetainFlag) : ~0x01));

    // MQTT 3.1 §3.1: a user name or password may be announced and missing; the Remaining Length decides.
    private static bool HasField(in BodyReader reader, byte flags, byte flag, ProtocolVersion version) =>
        (flags & flag) != 0 && (version != ProtocolVersion.V31 || reader.Remaining > 0);

    private static WillMessage? ReadWill(ref BodyReader reader, byte flags, ProtocolVersion version)
    {
        var qos = (flags >> 3) & 0x03;
        if ((flags & WillFlag) == 0)
        {
            if (qos != 0 || (flags & WillRetainFlag) != 0)
            {
                reader.Fail(ReasonCode.MalformedPacket, "Will QoS or Will Retain is set without the Will Flag.");
            }

            return null;
        }

        if (qos == 3)
        {
            reader.Fail(ReasonCode.MalformedPacket, "The Will QoS is 3.");
        }

        var properties = default(MessageProperties);
        var delay = 0u;
        if (version == ProtocolVersion.V50)
        {
            reader.BeginProperties(PropertySet.Will);
            while (reader.NextProperty(out var identifier))
            {
                if (identifier == PropertyIdentifier.WillDelayInterval)
                {
                    delay = reader.ReadUInt32();
                }
                else
                {
                    properties.Read(ref reader, identifier);
                }
            }
        }

        var topic = Encoding.UTF8.GetString(reader.ReadTopicName());
        var message = properties.ToMessage(
            topic, reader.ReadBinaryCopy(), (QualityOfService)qos, retain: (flags & WillRetainFlag) != 0);
        return new WillMessage { Message = message, WillDelayInterval = delay };
    }

    private static byte FlagsOf(ConnectPacket packet)
    {
        var flags = packet.CleanStart ? CleanStartFlag : 0;
        if (packet.Will is { } will)
        {
            flags |= WillFlag | ((int)will.Message.QoS << 3) | (will.Message.Retain ? WillRetainFlag : 0);
        }

        if (packet.UserName is not null)
        {
            flags |= UserNameFlag;
        }
        else if (packet.Password is not null && packet.ProtocolVersion != ProtocolVersion.V50)
        {
            throw new MqttException("MQTT 3.1 and 3.1.1 cannot send a password without a user name.");
        }

        return (byte)(flags | (packet.Password is null ? 0 : PasswordFlag));
    }

    private static ConnectPacket ReadProperties(ref BodyReader reader, ConnectPacket packet)
    {
        var sessionExpiryInterval = 0u;
        var receiveMaximum = ushort.MaxValue;
        uint? maximumPacketSize = null;
        ushort topicAliasMaximum = 0;
        var requestResponseInformation = false;
        var requestProblemInformation = true;
        string? authenticationMethod = null;
        ReadOnlyMemory<byte>? authenticationData = null;
        List<UserProperty>? userProperties = null;
        reader.BeginProperties(PropertySet.Connect);
        while (reader.NextProperty(out var identifier))
        {
            switch (identifier)
            {
                case PropertyIdentifier.SessionExpiryInterval: sessionExpiryInterval = reader.ReadUInt32(); break;
                case PropertyIdentifier.ReceiveMaximum: receiveMaximum = reader.ReadNonZeroUInt16(); break;
                case PropertyIdentifier.MaximumPacketSize: maximumPacketSize = reader.ReadNonZeroUInt32(); break;
                case PropertyIdentifier.TopicAliasMaximum: topicAliasMaximum = reader.ReadUInt16(); break;
                case PropertyIdentifier.RequestResponseInformation: requestResponseInformation = reader.ReadBoolean(); break;
                case PropertyIdentifier.RequestProblemInformation: requestProblemInformation = reader.ReadBoolean(); break;
                case PropertyIdentifier.AuthenticationMethod: authenticationMethod = reader.ReadString(); break;
                case PropertyIdentifier.AuthenticationData: authenticationData = reader.ReadBinaryCopy(); break;
                default: reader.ReadUserProperty(ref userProperties); break;
            }
        }

        if (authenticationData is not null && authenticationMethod is null)
        {
            reader.Fail(ReasonCode.ProtocolError, "Authentication Data stands without an Authentication Method.");
        }

        return packet with
        {
            SessionExpiryInterval = sessionExpiryInterval,
            ReceiveMaximum = receiveMaximum,
            MaximumPacketSize = maximumPacketSize,
            TopicAliasMaximum = topicAliasMaximum,
            RequestResponseInformation = requestResponseInformation,
            RequestProblemInformation = requestProblemInformation,
            AuthenticationMethod = authenticationMethod,
            AuthenticationData = authenticationData,
            UserProperties = userProperties ?? [],
        };
    }

    private static void WriteProperties(ref BodyWriter writer, ConnectPacket packet)
    {
        var mark = writer.BeginLength();
        if (packet.SessionExpiryInterval != 0)
        {
            writer.WriteProperty(PropertyIdentifier.SessionExpiryInterval, packet.SessionExpiryInterval);
        }

        if (packet.ReceiveMaximum != ushort.MaxValue)
        {
            writer.WriteProperty(PropertyIdentifier.ReceiveMaximum, packet.ReceiveMaximum);
        }

        if (packet.MaximumPacketSize is { } maximumPacketSize)
        {
            writer.WriteProperty(PropertyIdentifier.MaximumPacketSize, maximumPacketSize);
        }

        if (packet.TopicAliasMaximum != 0)
        {
            writer.WriteProperty(PropertyIdentifier.TopicAliasMaximum, packet.TopicAliasMaximum);
        }

        writer.WriteFlag(PropertyIdentifier.RequestResponseInformation, packet.RequestResponseInformation, absentMeans: false);
        writer.WriteFlag(PropertyIdentifier.RequestProblemInformation, packet.RequestProblemInformation, absentMeans: true);
        writer.WriteProperty(PropertyIdentifier.AuthenticationMethod, packet.AuthenticationMethod);
        writer.WriteProperty(PropertyIdentifier.AuthenticationData, packet.AuthenticationData);
        writer.WriteUserProperties(packet.UserProperties);
        writer.EndLength(mark);
    }
}
