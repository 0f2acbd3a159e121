using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>PUBACK, PUBREC, PUBREL and PUBCOMP with their properties. MQTT 5.0 §3.4 to §3.7.</summary>
internal static class AcknowledgementCodec
{
    public static AcknowledgementView Read(
        ref BodyReader reader, PacketType type, ProtocolVersion version, out string? reasonString, out List<UserProperty>? userProperties)
    {
        reasonString = null;
        userProperties = null;
        var packetIdentifier = reader.ReadPacketIdentifier();
        var reasonCode = ReasonCode.Success;
        if (version == ProtocolVersion.V50 && reader.Remaining > 0)
        {
            reasonCode = reader.ReadReasonCode(type);
            if (reader.Remaining > 0)
            {
                DiagnosticsCodec.Read(ref reader, out reasonString, out userProperties);
            }
        }

        reader.ExpectEnd();
        return new AcknowledgementView(packetIdentifier, reasonCode);
    }

    public static PublishAcknowledgement ReadPacket(ref BodyReader reader, PacketType type, ProtocolVersion version)
    {
        var view = Read(ref reader, type, version, out var reasonString, out var userProperties);
        PublishAcknowledgement packet = type switch
        {
            PacketType.PubAck => new PubAckPacket { PacketIdentifier = view.PacketIdentifier },
            PacketType.PubRec => new PubRecPacket { PacketIdentifier = view.PacketIdentifier },
            PacketType.PubRel => new PubRelPacket { PacketIdentifier = view.PacketIdentifier },
            _ => new PubCompPacket { PacketIdentifier = view.PacketIdentifier },
        };
        return packet with { ReasonCode = view.ReasonCode, ReasonString = reasonString, UserProperties = userProperties ?? [] };
    }

    public static void Write(ref BodyWriter writer, PublishAcknowledgement packet, ProtocolVersion version)
    {
        writer.WriteUInt16(packet.PacketIdentifier);
        var hasDiagnostics = packet.ReasonString is not null || packet.UserProperties.Count > 0;
        if (version != ProtocolVersion.V50 || (packet.ReasonCode == ReasonCode.Success && !hasDiagnostics))
        {
            return;
        }

        writer.WriteByte((byte)packet.ReasonCode);
        if (hasDiagnostics)
        {
            DiagnosticsCodec.Write(ref writer, packet);
        }
    }
}
