using System.Buffers;
using System.Text;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>Writes a message as PUBLISH without making a packet of it. MQTT 5.0 §3.3.</summary>
internal static class MessageWriter
{
    private const int TopicAliasLength = 3;

    /// <summary>Writes the message, or nothing and false if it exceeds the receiver's Maximum Packet Size.</summary>
    /// <param name="message">The message.</param>
    /// <param name="packetIdentifier">Left out at QoS 0.</param>
    /// <param name="duplicate">DUP.</param>
    /// <param name="topicAlias">0: none.</param>
    /// <param name="omitsTopic">The receiver knows the alias: it stands for the topic.</param>
    /// <param name="version">The receiver's version.</param>
    /// <param name="output">Where to.</param>
    /// <param name="maximumPacketSize">The receiver's, bytes.</param>
    /// <exception cref="MqttException">The topic or a property cannot be sent in MQTT.</exception>
    public static bool TryWrite(
        ApplicationMessage message,
        ushort packetIdentifier,
        bool duplicate,
        ushort topicAlias,
        bool omitsTopic,
        ProtocolVersion version,
        IBufferWriter<byte> output,
        uint maximumPacketSize)
    {
        var propertiesLength = 0;
        var topic = omitsTopic ? "" : message.Topic;
        if (version == ProtocolVersion.V50)
        {
            var measure = BodyWriter.Measure();
            PublishCodec.WriteMessageProperties(ref measure, message);
            propertiesLength = measure.Position + (topicAlias == 0 ? 0 : TopicAliasLength);
        }

        var length = PublishWriter.MeasurePacket(
            version, message.QoS, Encoding.UTF8.GetByteCount(topic), propertiesLength, message.Payload.Length, out var remaining);
        if (length > maximumPacketSize)
        {
            return false;
        }

        var writer = BodyWriter.Into(output.GetSpan(length)[..length]);
        writer.WriteByte((byte)(((int)PacketType.Publish << 4) | PublishWriter.FlagsOf(message.QoS, message.Retain, duplicate)));
        writer.WriteVariableByteInteger((uint)remaining);
        writer.WriteString(topic);
        if (message.QoS != QualityOfService.AtMostOnce)
        {
            writer.WriteUInt16(packetIdentifier);
        }

        if (version == ProtocolVersion.V50)
        {
            writer.WriteVariableByteInteger((uint)propertiesLength);
            if (topicAlias != 0)
            {
                writer.WriteProperty(PropertyIdentifier.TopicAlias, topicAlias);
            }

            PublishCodec.WriteMessageProperties(ref writer, message);
        }

        writer.WriteBytes(message.Payload.Span);
        output.Advance(length);
        return true;
    }
}
