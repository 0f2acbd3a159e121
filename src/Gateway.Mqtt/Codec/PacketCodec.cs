using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>Packets to bytes and back, for every version. Pure; thread-safe.</summary>
public static class PacketCodec
{
    /// <summary>Decodes any packet. Its byte members are copies.</summary>
    /// <param name="frame">A frame of a <see cref="PacketReader"/>.</param>
    /// <param name="version">The connection's version; a CONNECT brings its own.</param>
    /// <param name="packet">The packet, if the answer is true.</param>
    /// <param name="error">The error, if it is false.</param>
    public static bool TryDecode(
        scoped in PacketFrame frame, ProtocolVersion version, [NotNullWhen(true)] out MqttPacket? packet, out DecodeError error)
        => TryDecode(frame, version, DecodeLimits.None, out packet, out error);

    /// <summary>The same within limits.</summary>
    /// <param name="frame">A frame of a <see cref="PacketReader"/>.</param>
    /// <param name="version">The connection's version; a CONNECT brings its own.</param>
    /// <param name="limits">What it may have.</param>
    /// <param name="packet">The packet, if the answer is true.</param>
    /// <param name="error">The error, if it is false.</param>
    public static bool TryDecode(
        scoped in PacketFrame frame, ProtocolVersion version, DecodeLimits limits, [NotNullWhen(true)] out MqttPacket? packet, out DecodeError error)
    {
        if (frame.Type == PacketType.Publish)
        {
            var isValid = PublishView.TryRead(frame, version, out var view, out error);
            packet = isValid ? view.ToPacket() : null;
            return isValid;
        }

        var reader = new BodyReader(frame.Body) { Limits = limits };
        packet = Read(ref reader, frame.Type, version);
        error = reader.Error;
        if (reader.Failed)
        {
            packet = null;
        }

        return packet is not null;
    }

    /// <summary>The length of the encoded packet, fixed header included, bytes.</summary>
    /// <param name="packet">Any packet.</param>
    /// <param name="version">The receiver's version.</param>
    /// <exception cref="MqttException">A field is longer than MQTT allows.</exception>
    public static int Measure(MqttPacket packet, ProtocolVersion version)
    {
        var writer = BodyWriter.Measure();
        Write(ref writer, packet, version);
        return writer.Position;
    }

    /// <summary>Encodes a packet. Where it would exceed the receiver's limit, User Properties and then the Reason String are
    /// left out, as the standard asks for; a packet that is too large even so is not written.</summary>
    /// <param name="packet">Any packet.</param>
    /// <param name="version">The receiver's version.</param>
    /// <param name="output">Where to; advanced by the packet's length or not at all.</param>
    /// <param name="maximumPacketSize">The receiver's Maximum Packet Size, bytes.</param>
    /// <returns>False: too large, nothing written.</returns>
    /// <exception cref="MqttException">A field cannot be sent in MQTT: too long, a lone surrogate, U+0000.</exception>
    public static bool TryWrite(MqttPacket packet, ProtocolVersion version, IBufferWriter<byte> output, uint maximumPacketSize = uint.MaxValue)
    {
        var length = Measure(packet, version);
        if (length > maximumPacketSize && packet is DiagnosticPacket { UserProperties.Count: > 0 } withProperties)
        {
            packet = withProperties with { UserProperties = [] };
            length = Measure(packet, version);
        }

        if (length > maximumPacketSize && packet is DiagnosticPacket { ReasonString: not null } withReason)
        {
            packet = withReason with { ReasonString = null };
            length = Measure(packet, version);
        }

        if (length > maximumPacketSize)
        {
            return false;
        }

        var writer = BodyWriter.Into(output.GetSpan(length)[..length]);
        Write(ref writer, packet, version);
        output.Advance(length);
        return true;
    }

    private static MqttPacket? Read(ref BodyReader reader, PacketType type, ProtocolVersion version)
    {
        switch (type)
        {
            case PacketType.Connect: return ConnectCodec.Read(ref reader);
            case PacketType.ConnAck: return ConnAckCodec.Read(ref reader, version);
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                return AcknowledgementCodec.ReadPacket(ref reader, type, version);
            case PacketType.Subscribe: return SubscribeCodec.Read(ref reader, version);
            case PacketType.SubAck: return SubAckCodec.Read(ref reader, version);
            case PacketType.Unsubscribe: return UnsubscribeCodec.Read(ref reader, version);
            case PacketType.UnsubAck: return UnsubscribeCodec.ReadAck(ref reader, version);
            case PacketType.PingReq:
                reader.ExpectEnd();
                return new PingReqPacket();
            case PacketType.PingResp:
                reader.ExpectEnd();
                return new PingRespPacket();
            case PacketType.Disconnect: return DisconnectCodec.Read(ref reader, version);
            case PacketType.Auth: return AuthCodec.Read(ref reader);
            default: throw new ArgumentOutOfRangeException(nameof(type));
        }
    }

    private static void Write(ref BodyWriter writer, MqttPacket packet, ProtocolVersion version)
    {
        writer.WriteByte((byte)(((int)packet.Type << 4) | FlagsOf(packet)));
        var mark = writer.BeginLength();
        switch (packet)
        {
            case ConnectPacket connect: ConnectCodec.Write(ref writer, connect); break;
            case ConnAckPacket connAck: ConnAckCodec.Write(ref writer, connAck, version); break;
            case PublishPacket publish: PublishCodec.Write(ref writer, publish, version); break;
            case PublishAcknowledgement acknowledgement: AcknowledgementCodec.Write(ref writer, acknowledgement, version); break;
            case SubscribePacket subscribe: SubscribeCodec.Write(ref writer, subscribe, version); break;
            case SubAckPacket subAck: SubAckCodec.Write(ref writer, subAck, version); break;
            case UnsubscribePacket unsubscribe: UnsubscribeCodec.Write(ref writer, unsubscribe, version); break;
            case UnsubAckPacket unsubAck: UnsubscribeCodec.WriteAck(ref writer, unsubAck, version); break;
            case DisconnectPacket disconnect: DisconnectCodec.Write(ref writer, disconnect, version); break;
            case AuthPacket auth: AuthCodec.Write(ref writer, auth); break;
        }

        writer.EndLength(mark);
    }

    private static byte FlagsOf(MqttPacket packet) => packet switch
    {
        PublishPacket publish => PublishCodec.FlagsOf(publish),
        PubRelPacket or SubscribePacket or UnsubscribePacket => 0b0010,
        _ => 0,
    };
}
