using System.Buffers;
using System.Text;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>Writes a message as PUBLISH without making a packet of it. MQTT 5.0 §3.3.</summary>
internal static class MessageWriter
{
    /// <summary>Writes the message, or nothing and false if it exceeds the receiver's Maximum Packet Size.</summary>
    /// <exception cref="MqttException">The topic or a property cannot be sent in MQTT.</exception>
    public static bool TryWrite(
        ApplicationMessage message,
        ushort packetIdentifier,
        bool duplicate,
        ProtocolVersion version,
        IBufferWriter<byte> output,
        uint maximumPacketSize)
    {
        var propertiesLength = 0;
        if (version == ProtocolVersion.V50)
        {
            var measure = BodyWriter.Measure();
            PublishCodec.WriteMessageProperties(ref measure, message);
            propertiesLength = measure.Position;
        }

        var length = PublishWriter.MeasurePacket(
            version, message.QoS, Encoding.UTF8.GetByteCount(message.Topic), propertiesLength, message.Payload.Length, out var remaining);
        if (length > maximumPacketSize)
        {
            return false;
        }

        var writer = BodyWriter.Into(output.GetSpan(length)[..length]);
        writer.WriteByte((byte)(((int)PacketType.Publish << 4) | PublishWriter.FlagsOf(message.QoS, message.Retain, duplicate)));
        writer.WriteVariableByteInteger((uint)remaining);
        writer.WriteString(message.Topic);
        if (message.QoS != QualityOfService.AtMostOnce)
        {
            writer.WriteUInt16(packetIdentifier);
        }

        if (version == ProtocolVersion.V50)
        {
            writer.WriteVariableByteInteger((uint)propertiesLength);
            PublishCodec.WriteMessageProperties(ref writer, message);
        }

        writer.WriteBytes(message.Payload.Span);
        output.Advance(length);
        return true;
    }
}
