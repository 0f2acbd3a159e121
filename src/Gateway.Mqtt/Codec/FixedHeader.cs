using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>
/// The first two to five bytes of every packet. MQTT 5.0 §2.1.
/// <code>
/// byte 1      | type (4 bits) | flags (4 bits) |
/// byte 2 … 5  | Remaining Length, a Variable Byte Integer |
/// </code>
/// </summary>
/// <param name="Type">Packet type.</param>
/// <param name="Flags">The lower four bits of the first byte.</param>
/// <param name="Length">Length of this header, 2 to 5 bytes.</param>
/// <param name="RemainingLength">Length of what follows this header, bytes.</param>
public readonly record struct FixedHeader(PacketType Type, byte Flags, int Length, int RemainingLength)
{
    /// <summary>The longest header, bytes.</summary>
    public const int MaximumLength = 5;

    /// <summary>Length of the whole packet, bytes.</summary>
    public int PacketLength => Length + RemainingLength;

    /// <summary>Reads a header and refuses what may not be buffered: reserved types and flags, an overlong length, a packet
    /// above the limit.</summary>
    /// <param name="bytes">The bytes received, from a packet's first; more than the header does not hurt.</param>
    /// <param name="version">The connection's version: 5.0 alone has AUTH, 3.1 lets DUP stand on SUBSCRIBE, UNSUBSCRIBE and PUBREL.</param>
    /// <param name="maximumPacketSize">The longest packet to accept, header included, bytes.</param>
    /// <param name="header">The header, when complete.</param>
    /// <param name="error">The error, when malformed.</param>
    public static DecodeStatus TryRead(
        ReadOnlySpan<byte> bytes, ProtocolVersion version, uint maximumPacketSize, out FixedHeader header, out DecodeError error)
    {
        header = default;
        error = default;
        if (bytes.IsEmpty)
        {
            return DecodeStatus.Incomplete;
        }

        var type = (PacketType)(bytes[0] >> 4);
        var flags = (byte)(bytes[0] & 0x0F);
        if (type == 0 || (type == PacketType.Auth && version != ProtocolVersion.V50))
        {
            error = new(ReasonCode.MalformedPacket, "The packet type is reserved.");
            return DecodeStatus.Malformed;
        }

        if (!AreFlagsValid(type, flags, version))
        {
            error = new(ReasonCode.MalformedPacket, "A reserved flag of the fixed header is set.");
            return DecodeStatus.Malformed;
        }

        var status = VariableByteInteger.TryRead(bytes[1..], out var remainingLength, out var size);
        if (status == DecodeStatus.Malformed)
        {
            error = new(ReasonCode.MalformedPacket, "The Remaining Length is not a minimal Variable Byte Integer.");
        }
        else if (status == DecodeStatus.Complete)
        {
            header = new FixedHeader(type, flags, 1 + size, (int)remainingLength);
            if ((uint)header.PacketLength > maximumPacketSize)
            {
                error = new(ReasonCode.PacketTooLarge, "The packet exceeds the Maximum Packet Size.");
                return DecodeStatus.Malformed;
            }
        }

        return status;
    }

    // Table 2-2, §2.1.3.
    private static bool AreFlagsValid(PacketType type, byte flags, ProtocolVersion version) => type switch
    {
        PacketType.Publish => (flags & 0b0110) != 0b0110,
        PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe =>
            flags == 0b0010 || (version == ProtocolVersion.V31 && flags == 0b1010),
        _ => flags == 0,
    };
}
