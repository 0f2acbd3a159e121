using System.Buffers;
using System.Buffers.Binary;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>
/// PUBACK, PUBREC, PUBREL or PUBCOMP without allocation. MQTT 5.0 §3.4 to §3.7.
/// <code>
/// Packet Identifier | [5.0: Reason Code | [properties]]
/// </code>
/// </summary>
/// <param name="PacketIdentifier">1 to 65,535.</param>
/// <param name="ReasonCode">Success where the packet has none.</param>
public readonly record struct AcknowledgementView(ushort PacketIdentifier, ReasonCode ReasonCode)
{
    /// <summary>The most that <see cref="Write(Span{byte}, PacketType, ushort, ReasonCode, ProtocolVersion)"/> writes, bytes.</summary>
    public const int MaximumLength = 5;

    /// <summary>Decodes and checks one.</summary>
    /// <param name="frame">A frame of one of the four types.</param>
    /// <param name="version">The connection's version.</param>
    /// <param name="view">The acknowledgement, if the answer is true; its diagnostic properties are checked and left out.</param>
    /// <param name="error">The error, if it is false.</param>
    public static bool TryRead(scoped in PacketFrame frame, ProtocolVersion version, out AcknowledgementView view, out DecodeError error)
    {
        // By far the most frequent form.
        if (frame.Body.Length == 2)
        {
            view = new AcknowledgementView(BinaryPrimitives.ReadUInt16BigEndian(frame.Body), ReasonCode.Success);
            if (view.PacketIdentifier != 0)
            {
                error = default;
                return true;
            }
        }

        var reader = new BodyReader(frame.Body);
        view = AcknowledgementCodec.Read(ref reader, frame.Type, version, out _, out _);
        error = reader.Error;
        return !reader.Failed;
    }

    /// <summary>Writes the shortest form: without Reason Code if it is success, without properties.</summary>
    /// <param name="destination">At least <see cref="MaximumLength"/> bytes.</param>
    /// <param name="type">One of the four types.</param>
    /// <param name="packetIdentifier">1 to 65,535.</param>
    /// <param name="reasonCode">Left out before 5.0.</param>
    /// <param name="version">The receiver's version.</param>
    /// <returns>The bytes written, 4 or 5.</returns>
    public static int Write(Span<byte> destination, PacketType type, ushort packetIdentifier, ReasonCode reasonCode, ProtocolVersion version)
    {
        var hasReasonCode = version == ProtocolVersion.V50 && reasonCode != ReasonCode.Success;
        destination[0] = (byte)(((int)type << 4) | (type == PacketType.PubRel ? 0b0010 : 0));
        destination[1] = (byte)(hasReasonCode ? 3 : 2);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], packetIdentifier);
        if (!hasReasonCode)
        {
            return 4;
        }

        destination[4] = (byte)reasonCode;
        return 5;
    }

    /// <inheritdoc cref="Write(Span{byte}, PacketType, ushort, ReasonCode, ProtocolVersion)"/>
    /// <param name="output">Where to.</param>
#pragma warning disable CS1573 // The other parameters are inherited.
    public static void Write(IBufferWriter<byte> output, PacketType type, ushort packetIdentifier, ReasonCode reasonCode, ProtocolVersion version) =>
        output.Advance(Write(output.GetSpan(MaximumLength), type, packetIdentifier, reasonCode, version));
#pragma warning restore CS1573
}
