using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>PUBLISH as a record. MQTT 5.0 §3.3. For the hot path see <see cref="PublishView"/> and <see cref="PublishWriter"/>.</summary>
internal static class PublishCodec
{
    public static byte FlagsOf(PublishPacket packet) =>
        PublishWriter.FlagsOf(packet.Message.QoS, packet.Message.Retain, packet.Duplicate);

    public static void Write(ref BodyWriter writer, PublishPacket packet, ProtocolVersion version)
    {
        var message = packet.Message;
        writer.WriteString(message.Topic);
        if (message.QoS != QualityOfService.AtMostOnce)
        {
            writer.WriteUInt16(packet.PacketIdentifier);
        }

        if (version == ProtocolVersion.V50)
        {
            var mark = writer.BeginLength();
            if (packet.TopicAlias is { } topicAlias)
            {
                writer.WriteProperty(PropertyIdentifier.TopicAlias, topicAlias);
            }

            WriteMessageProperties(ref writer, message);
            for (var i = 0; i < packet.SubscriptionIdentifiers.Count; i++)
            {
                writer.WriteSubscriptionIdentifier(packet.SubscriptionIdentifiers[i]);
            }

            writer.EndLength(mark);
        }

        writer.WriteBytes(message.Payload.Span);
    }

    public static void WriteMessageProperties(ref BodyWriter writer, ApplicationMessage message)
    {
        if (message.PayloadFormatIndicator != PayloadFormat.Unspecified)
        {
            writer.WriteProperty(PropertyIdentifier.PayloadFormatIndicator, (byte)message.PayloadFormatIndicator);
        }

        if (message.MessageExpiryInterval is { } messageExpiryInterval)
        {
            writer.WriteProperty(PropertyIdentifier.MessageExpiryInterval, messageExpiryInterval);
        }

        writer.WriteProperty(PropertyIdentifier.ContentType, message.ContentType);
        writer.WriteProperty(PropertyIdentifier.ResponseTopic, message.ResponseTopic);
        writer.WriteProperty(PropertyIdentifier.CorrelationData, message.CorrelationData);
        writer.WriteUserProperties(message.UserProperties);
    }
}
