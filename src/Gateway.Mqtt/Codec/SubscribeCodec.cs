using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;

namespace Gateway.Mqtt.Codec;

/// <summary>
/// SUBSCRIBE. MQTT 5.0 §3.8.
/// <code>
/// Packet Identifier | [5.0: properties] | one or more of: Topic Filter, Subscription Options
/// options: bits 7-6 reserved | 5-4 Retain Handling | 3 Retain As Published | 2 No Local | 1-0 QoS   (3.x: QoS alone)
/// </code>
/// </summary>
internal static class SubscribeCodec
{
    private const byte NoLocalFlag = 0x04;
    private const byte RetainAsPublishedFlag = 0x08;

    public static SubscribePacket Read(ref BodyReader reader, ProtocolVersion version)
    {
        var packetIdentifier = reader.ReadPacketIdentifier();
        uint? subscriptionIdentifier = null;
        List<UserProperty>? userProperties = null;
        if (version == ProtocolVersion.V50)
        {
            reader.BeginProperties(PropertySet.Subscribe);
            while (reader.NextProperty(out var identifier))
            {
                if (identifier == PropertyIdentifier.UserProperty)
                {
                    reader.ReadUserProperty(ref userProperties);
                }
                else if (subscriptionIdentifier is null)
                {
                    subscriptionIdentifier = reader.ReadSubscriptionIdentifier();
                }
                else
                {
                    reader.Fail(ReasonCode.ProtocolError, "A SUBSCRIBE has more than one Subscription Identifier.");
                }
            }
        }

        var subscriptions = new List<Subscription>();
        while (reader.Remaining > 0)
        {
            if (subscriptions.Count == reader.Limits.TopicFilters)
            {
                reader.Fail(ReasonCode.QuotaExceeded, "A SUBSCRIBE has too many Topic Filters.");
                break;
            }

            subscriptions.Add(ReadSubscription(ref reader, version));
        }

        if (subscriptions.Count == 0)
        {
            reader.Fail(ReasonCode.ProtocolError, "A SUBSCRIBE has no Topic Filter.");
        }

        return new SubscribePacket
        {
            PacketIdentifier = packetIdentifier,
            Subscriptions = subscriptions,
            SubscriptionIdentifier = subscriptionIdentifier,
            UserProperties = userProperties ?? (IReadOnlyList<UserProperty>)[],
        };
    }

    public static void Write(ref BodyWriter writer, SubscribePacket packet, ProtocolVersion version)
    {
        writer.WriteUInt16(packet.PacketIdentifier);
        if (version == ProtocolVersion.V50)
        {
            var mark = writer.BeginLength();
            if (packet.SubscriptionIdentifier is { } subscriptionIdentifier)
            {
                writer.WriteSubscriptionIdentifier(subscriptionIdentifier);
            }

            writer.WriteUserProperties(packet.UserProperties);
            writer.EndLength(mark);
        }

        foreach (var subscription in packet.Subscriptions)
        {
            writer.WriteString(subscription.TopicFilter);
            writer.WriteByte(OptionsOf(subscription, version));
        }
    }

    private static Subscription ReadSubscription(ref BodyReader reader, ProtocolVersion version)
    {
        var filter = reader.ReadTopicFilter();
        var options = reader.ReadByte();
        var reserved = version == ProtocolVersion.V50 ? 0xC0 : 0xFC;
        if ((options & reserved) != 0)
        {
            reader.Fail(ReasonCode.MalformedPacket, "A reserved bit of the Subscription Options is set.");
        }

        if ((options & 0x03) == 3)
        {
            reader.Fail(
                version == ProtocolVersion.V50 ? ReasonCode.ProtocolError : ReasonCode.MalformedPacket, "A subscription asks for QoS 3.");
        }

        if (((options >> 4) & 0x03) == 3)
        {
            reader.Fail(ReasonCode.ProtocolError, "The Retain Handling option is 3.");
        }

        if ((options & NoLocalFlag) != 0 && TopicFilter.IsShared(filter))
        {
            reader.Fail(ReasonCode.ProtocolError, "No Local is set on a Shared Subscription.");
        }

        return new Subscription
        {
            TopicFilter = filter,
            MaximumQoS = (QualityOfService)(options & 0x03),
            NoLocal = (options & NoLocalFlag) != 0,
            RetainAsPublished = (options & RetainAsPublishedFlag) != 0,
            RetainHandling = (RetainHandling)((options >> 4) & 0x03),
        };
    }

    private static byte OptionsOf(Subscription subscription, ProtocolVersion version)
    {
        var options = (int)subscription.MaximumQoS;
        if (version == ProtocolVersion.V50)
        {
            options |= (subscription.NoLocal ? NoLocalFlag : 0)
                | (subscription.RetainAsPublished ? RetainAsPublishedFlag : 0)
                | ((int)subscription.RetainHandling << 4);
        }

        return (byte)options;
    }
}
