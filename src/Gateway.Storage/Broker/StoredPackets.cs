using System.Buffers;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Storage.Broker;

/// <summary>
/// Messages and sessions as MQTT 5.0 packets: a format that is written down, and that this program reads anyway. A message is a
/// PUBLISH. A session is the CONNECT that began it (client identifier, user, expiry, Will), then a SUBSCRIBE for each
/// subscription, then a PUBREC for each QoS 2 message that the client has not released.
/// </summary>
internal static class StoredPackets
{
    // A packet identifier where the packet needs one and its value means nothing.
    private const ushort AnyIdentifier = 1;

    public static ReadOnlySpan<byte> Write(ApplicationMessage message, IReadOnlyList<uint> subscriptionIdentifiers)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(output, new PublishPacket
        {
            Message = message,
            PacketIdentifier = message.QoS == QualityOfService.AtMostOnce ? (ushort)0 : AnyIdentifier,
            SubscriptionIdentifiers = subscriptionIdentifiers,
        });
        return output.WrittenSpan;
    }

    public static ReadOnlySpan<byte> Write(StoredSession session)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(output, new ConnectPacket
        {
            ProtocolVersion = ProtocolVersion.V50,
            ClientIdentifier = session.ClientId,
            UserName = session.UserName,
            SessionExpiryInterval = session.ExpiryInterval,
            Will = session.Will,
        });
        foreach (var (subscription, identifier) in session.Subscriptions)
        {
            Write(output, new SubscribePacket { PacketIdentifier = AnyIdentifier, Subscriptions = [subscription], SubscriptionIdentifier = identifier });
        }

        foreach (var identifier in session.IncomingIdentifiers)
        {
            Write(output, new PubRecPacket { PacketIdentifier = identifier });
        }

        return output.WrittenSpan;
    }

    /// <summary>The message; null if the bytes are no PUBLISH.</summary>
    public static PublishPacket? ReadMessage(ReadOnlySpan<byte> bytes) => Read(bytes) is [PublishPacket publish] ? publish : null;

    /// <summary>The session without its deliveries; null if the bytes do not begin with a CONNECT.</summary>
    public static StoredSession? ReadSession(ReadOnlySpan<byte> bytes, DateTimeOffset disconnectedAt)
    {
        var packets = Read(bytes);
        return packets is not [ConnectPacket connect, ..] ? null : new StoredSession
        {
            ClientId = connect.ClientIdentifier,
            UserName = connect.UserName,
            ExpiryInterval = connect.SessionExpiryInterval,
            DisconnectedAt = disconnectedAt,
            Will = connect.Will,
            Subscriptions = [.. packets.OfType<SubscribePacket>().Select(packet => (packet.Subscriptions[0], packet.SubscriptionIdentifier))],
            IncomingIdentifiers = [.. packets.OfType<PubRecPacket>().Select(packet => packet.PacketIdentifier)],
        };
    }

    private static void Write(ArrayBufferWriter<byte> output, MqttPacket packet) => PacketCodec.TryWrite(packet, ProtocolVersion.V50, output);

    private static List<MqttPacket> Read(ReadOnlySpan<byte> bytes)
    {
        var packets = new List<MqttPacket>();
        using var reader = new PacketReader(bytes, ProtocolVersion.V50);
        while (reader.Read(out var frame) == DecodeStatus.Complete && PacketCodec.TryDecode(frame, ProtocolVersion.V50, out var packet, out _))
        {
            packets.Add(packet);
        }

        return packets;
    }
}
