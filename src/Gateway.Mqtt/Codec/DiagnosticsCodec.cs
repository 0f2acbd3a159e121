using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>A property section that has a Reason String and User Properties only. MQTT 5.0 §3.4.2.2 and its likes.</summary>
internal static class DiagnosticsCodec
{
    public static void Read(ref BodyReader reader, out string? reasonString, out List<UserProperty>? userProperties)
    {
        reasonString = null;
        userProperties = null;
        reader.BeginProperties(PropertySet.Diagnostics);
        while (reader.NextProperty(out var identifier))
        {
            if (identifier == PropertyIdentifier.ReasonString)
            {
                reasonString = reader.ReadString();
            }
            else
            {
                reader.ReadUserProperty(ref userProperties);
            }
        }
    }

    public static void Write(ref BodyWriter writer, DiagnosticPacket packet)
    {
        var mark = writer.BeginLength();
        writer.WriteProperty(PropertyIdentifier.ReasonString, packet.ReasonString);
        writer.WriteUserProperties(packet.UserProperties);
        writer.EndLength(mark);
    }
}
