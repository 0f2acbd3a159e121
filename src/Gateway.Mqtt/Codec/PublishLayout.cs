using System.Buffers.Binary;

namespace Gateway.Mqtt.Codec;

/// <summary>
/// Where the bytes lie in an encoded PUBLISH that differ from subscriber to subscriber, so that one encoding serves all of
/// a version, QoS and RETAIN flag: copy the bytes, then set these.
/// </summary>
/// <param name="Length">Length of the packet, bytes.</param>
/// <param name="PacketIdentifierOffset">Offset of the two bytes of the Packet Identifier; -1 at QoS 0.</param>
/// <param name="PropertiesOffset">Offset of the first property after the Property Length; -1 before 5.0.</param>
public readonly record struct PublishLayout(int Length, int PacketIdentifierOffset, int PropertiesOffset)
{
    private const byte DupFlag = 0x08;

    /// <summary>Sets the Packet Identifier of a packet at QoS 1 or 2.</summary>
    /// <param name="packet">A copy of the packet.</param>
    /// <param name="packetIdentifier">1 to 65,535.</param>
    public void SetPacketIdentifier(Span<byte> packet, ushort packetIdentifier) =>
        BinaryPrimitives.WriteUInt16BigEndian(packet[PacketIdentifierOffset..], packetIdentifier);

    /// <summary>Sets DUP: this copy is a re-delivery.</summary>
    /// <param name="packet">A copy of the packet, at QoS 1 or 2.</param>
    public static void SetDuplicate(Span<byte> packet) => packet[0] |= DupFlag;

    /// <summary>Sets the Message Expiry Interval that is left.</summary>
    /// <param name="packet">A copy of the packet.</param>
    /// <param name="offset">Where the value lies in the properties, as <see cref="PublishView.CopyForwardedProperties"/> or
    /// <see cref="PublishView.MessageExpiryOffset"/> says.</param>
    /// <param name="seconds">Seconds left.</param>
    public void SetMessageExpiry(Span<byte> packet, int offset, uint seconds) =>
        BinaryPrimitives.WriteUInt32BigEndian(packet[(PropertiesOffset + offset)..], seconds);
}
