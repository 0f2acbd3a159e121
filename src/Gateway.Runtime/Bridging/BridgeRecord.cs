using System.Buffers;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;
using Gateway.Storage.Queue;

namespace Gateway.Runtime.Bridging;

/// <summary>
/// A message of the bridge as the body of a queue record: a PUBLISH of MQTT 5.0, which has room for all that a message may carry. The
/// topic is that of the upstream broker. Pure.
/// </summary>
public static class BridgeRecord
{
    /// <summary>The body of a message.</summary>
    public static ReadOnlyMemory<byte> Encode(ApplicationMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var output = new ArrayBufferWriter<byte>(message.Payload.Length + message.Topic.Length + 64);
        var identifier = message.QoS == QualityOfService.AtMostOnce ? (ushort)0 : (ushort)1;
        PacketCodec.TryWrite(new PublishPacket { Message = message, PacketIdentifier = identifier }, ProtocolVersion.V50, output);
        return output.WrittenMemory;
    }

    /// <summary>The message of a record; null if it cannot be read, or if its Message Expiry Interval has passed since it was queued. §3.3.2.3.3.</summary>
    /// <param name="record">The record.</param>
    /// <param name="age">How long ago the message came, by which the interval is counted down; null: nobody knows, and it is not.</param>
    /// <param name="hasExpired">Which of the two.</param>
    public static ApplicationMessage? Decode(QueueRecord record, TimeSpan? age, out bool hasExpired)
    {
        ArgumentNullException.ThrowIfNull(record);
        hasExpired = false;
        using var reader = new PacketReader(record.Body.Span, ProtocolVersion.V50);
        if (reader.Read(out var frame) != DecodeStatus.Complete
            || !PacketCodec.TryDecode(frame, ProtocolVersion.V50, out var packet, out _)
            || packet is not PublishPacket { Message: var message })
        {
            return null;
        }

        if (message.MessageExpiryInterval is not { } interval)
        {
            return message;
        }

        // A clock that was set back makes nothing younger than it was.
        var waited = Math.Max(0, age?.TotalSeconds ?? 0);
        hasExpired = waited >= interval;
        return hasExpired ? null : message with { MessageExpiryInterval = (uint)Math.Ceiling(interval - waited) };
    }
}
