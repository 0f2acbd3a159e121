using System.Buffers;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Persistence;

/// <summary>Messages, sessions and subscriptions as the MQTT 5.0 packets that their rows hold.</summary>
internal static class RowPackets
{
    // A packet identifier where the packet needs one and its value means nothing.
    private const ushort AnyIdentifier = 1;

    public static byte[] Write(StoredMessage message)
    {
        var view = new RoutedMessage(message);
        var form = new PublishForm
        {
            Version = ProtocolVersion.V50,
            QoS = message.QoS,
            Retain = message.Retain,
            PacketIdentifier = message.QoS == QualityOfService.AtMostOnce ? (ushort)0 : AnyIdentifier,
        };
        var packet = new byte[form.Measure(view)];
        form.Write(packet, view);
        return packet;
    }

    /// <summary>Null if the bytes are no PUBLISH.</summary>
    public static StoredMessage? ReadMessage(ReadOnlySpan<byte> packet, string? origin, long expiresAt)
    {
        using var reader = new PacketReader(packet, ProtocolVersion.V50);
        return reader.Read(out var frame) == DecodeStatus.Complete && PublishView.TryRead(frame, ProtocolVersion.V50, out var view, out _)
            ? new StoredMessage(new RoutedMessage
            {
                Topic = view.Topic,
                Properties = view.Properties,
                ExpiryOffset = view.MessageExpiryOffset,
                Payload = view.Payload,
                QoS = view.QoS,
                Retain = view.Retain,
                ExpiresAt = view.MessageExpiryOffset < 0 ? RoutedMessage.Never : expiresAt,
                Origin = origin,
            })
            : null;
    }

    public static byte[] Write(ServerSession session) => Write(new ConnectPacket
    {
        ProtocolVersion = ProtocolVersion.V50,
        ClientIdentifier = session.ClientId,
        UserName = session.Identity.UserName,
        SessionExpiryInterval = session.ExpiryInterval,
        Will = session.Will,
    });

    /// <summary>Null if the bytes are no CONNECT.</summary>
    public static ConnectPacket? ReadConnect(ReadOnlySpan<byte> packet) => Read(packet) as ConnectPacket;

    public static byte[] Write(RoutedSubscription subscription) => Write(new SubscribePacket
    {
        PacketIdentifier = AnyIdentifier,
        Subscriptions =
        [
            new Subscription
            {
                TopicFilter = subscription.Filter,
                MaximumQoS = subscription.MaximumQoS,
                NoLocal = subscription.NoLocal,
                RetainAsPublished = subscription.RetainAsPublished,
            },
        ],
        SubscriptionIdentifier = subscription.SubscriptionIdentifier == 0 ? null : subscription.SubscriptionIdentifier,
    });

    /// <summary>Null if the bytes are no SUBSCRIBE.</summary>
    public static SubscribePacket? ReadSubscribe(ReadOnlySpan<byte> packet) => Read(packet) as SubscribePacket;

    private static byte[] Write(MqttPacket packet)
    {
        var output = new ArrayBufferWriter<byte>();
        PacketCodec.TryWrite(packet, ProtocolVersion.V50, output);
        return output.WrittenSpan.ToArray();
    }

    private static MqttPacket? Read(ReadOnlySpan<byte> bytes)
    {
        using var reader = new PacketReader(bytes, ProtocolVersion.V50);
        return reader.Read(out var frame) == DecodeStatus.Complete && PacketCodec.TryDecode(frame, ProtocolVersion.V50, out var packet, out _)
            ? packet
            : null;
    }
}
