using System.Buffers;
using System.Buffers.Binary;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>Writes PUBLISH from parts that are encoded already, without allocation. MQTT 5.0 §3.3.</summary>
public static class PublishWriter
{
    /// <summary>The length of the packet that <see cref="Write"/> makes, bytes.</summary>
    /// <param name="version">The receiver's version.</param>
    /// <param name="qos">Decides whether there is a Packet Identifier.</param>
    /// <param name="topicLength">Length of the Topic Name, bytes.</param>
    /// <param name="propertiesLength">Length of the properties without their length, bytes; ignored before 5.0.</param>
    /// <param name="payloadLength">Length of the payload, bytes.</param>
    public static int Measure(ProtocolVersion version, QualityOfService qos, int topicLength, int propertiesLength, int payloadLength) =>
        MeasurePacket(version, qos, topicLength, propertiesLength, payloadLength, out _);

    /// <summary>Writes a packet.</summary>
    /// <param name="destination">At least <see cref="Measure"/> bytes.</param>
    /// <param name="version">The receiver's version.</param>
    /// <param name="qos">QoS 0, 1 or 2.</param>
    /// <param name="retain">RETAIN flag.</param>
    /// <param name="topic">Topic Name, UTF-8, valid; empty only if the properties have a Topic Alias.</param>
    /// <param name="properties">Encoded properties without their length; ignored before 5.0.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="packetIdentifier">Ignored at QoS 0; 0 if it is set later through the layout.</param>
    /// <returns>Where the parts lie that may be changed in a copy.</returns>
    public static PublishLayout Write(
        Span<byte> destination,
        ProtocolVersion version,
        QualityOfService qos,
        bool retain,
        ReadOnlySpan<byte> topic,
        ReadOnlySpan<byte> properties,
        ReadOnlySpan<byte> payload,
        ushort packetIdentifier = 0)
    {
        destination[0] = (byte)(((int)PacketType.Publish << 4) | FlagsOf(qos, retain, duplicate: false));
        var remaining = MeasureBody(version, qos, topic.Length, properties.Length, payload.Length);
        var at = 1 + VariableByteInteger.Write(destination[1..], (uint)remaining);
        BinaryPrimitives.WriteUInt16BigEndian(destination[at..], (ushort)topic.Length);
        at += 2;
        topic.CopyTo(destination[at..]);
        at += topic.Length;

        var packetIdentifierOffset = -1;
        if (qos != QualityOfService.AtMostOnce)
        {
            packetIdentifierOffset = at;
            BinaryPrimitives.WriteUInt16BigEndian(destination[at..], packetIdentifier);
            at += 2;
        }

        var propertiesOffset = -1;
        if (version == ProtocolVersion.V50)
        {
            at += VariableByteInteger.Write(destination[at..], (uint)properties.Length);
            propertiesOffset = at;
            properties.CopyTo(destination[at..]);
            at += properties.Length;
        }

        payload.CopyTo(destination[at..]);
        return new PublishLayout(at + payload.Length, packetIdentifierOffset, propertiesOffset);
    }

    /// <summary>Encodes the properties of a message, as <see cref="Write"/> takes them: without their length, and without
    /// Topic Alias and Subscription Identifiers, which belong to one connection.</summary>
    /// <param name="message">The message.</param>
    /// <param name="output">Where to.</param>
    /// <returns>The bytes written.</returns>
    public static int WriteProperties(ApplicationMessage message, IBufferWriter<byte> output)
    {
        var measure = BodyWriter.Measure();
        PublishCodec.WriteMessageProperties(ref measure, message);
        if (measure.Position > 0)
        {
            var writer = BodyWriter.Into(output.GetSpan(measure.Position));
            PublishCodec.WriteMessageProperties(ref writer, message);
            output.Advance(writer.Position);
        }

        return measure.Position;
    }

    /// <summary>Appends a Subscription Identifier to encoded properties.</summary>
    /// <param name="destination">At least 5 bytes.</param>
    /// <param name="subscriptionIdentifier">1 to 268,435,455.</param>
    /// <returns>The bytes written.</returns>
    public static int WriteSubscriptionIdentifier(Span<byte> destination, uint subscriptionIdentifier)
    {
        destination[0] = (byte)PropertyIdentifier.SubscriptionIdentifier;
        return 1 + VariableByteInteger.Write(destination[1..], subscriptionIdentifier);
    }

    /// <summary>Appends a Topic Alias to encoded properties.</summary>
    /// <param name="destination">At least 3 bytes.</param>
    /// <param name="topicAlias">1 to 65,535.</param>
    /// <returns>The bytes written, 3.</returns>
    public static int WriteTopicAlias(Span<byte> destination, ushort topicAlias)
    {
        destination[0] = (byte)PropertyIdentifier.TopicAlias;
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], topicAlias);
        return 3;
    }

    internal static int MeasurePacket(
        ProtocolVersion version, QualityOfService qos, int topicLength, int propertiesLength, int payloadLength, out int remaining)
    {
        remaining = MeasureBody(version, qos, topicLength, propertiesLength, payloadLength);
        return 1 + VariableByteInteger.Measure((uint)remaining) + remaining;
    }

    internal static byte FlagsOf(QualityOfService qos, bool retain, bool duplicate) =>
        (byte)(((int)qos << 1) | (retain ? 0x01 : 0) | (duplicate ? 0x08 : 0));

    private static int MeasureBody(ProtocolVersion version, QualityOfService qos, int topicLength, int propertiesLength, int payloadLength)
    {
        var length = 2L + topicLength + (qos == QualityOfService.AtMostOnce ? 0 : 2) + payloadLength;
        if (version == ProtocolVersion.V50)
        {
            length += VariableByteInteger.Measure((uint)propertiesLength) + propertiesLength;
        }

        return length <= VariableByteInteger.MaximumValue
            ? (int)length
            : throw new MqttException($"A message of {length} bytes cannot be sent: MQTT's limit is {VariableByteInteger.MaximumValue}.");
    }
}
