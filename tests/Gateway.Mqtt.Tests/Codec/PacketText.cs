using System.Collections;
using System.Reflection;
using System.Text;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Codec;

/// <summary>A packet as text: its type, then each member that differs from its default, in order of declaration.</summary>
internal static class PacketText
{
    public static string Of(MqttPacket packet) => $"{packet.Type} {Members(packet)}".TrimEnd();

    private static string Members(object value)
    {
        var defaults = Activator.CreateInstance(value.GetType());
        var parts = value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.Name != nameof(MqttPacket.Type))
            .Select(p => (p.Name, Value: Render(p.GetValue(value)), Default: Render(p.GetValue(defaults))))
            .Where(p => p.Value != p.Default)
            .Select(p => p.Value == "True" ? p.Name : $"{p.Name}={p.Value}");
        return string.Join(' ', parts);
    }

    private static string? Render(object? value) => value switch
    {
        null => null,
        string text => text,
        ReasonCode code => $"{(byte)code:X}",
        ReadOnlyMemory<byte> bytes => Render(bytes.Span),
        UserProperty property => $"{property.Name}={property.Value}",
        IEnumerable list => $"[{string.Join(',', list.Cast<object>().Select(Render))}]",
        ApplicationMessage or WillMessage or Subscription => $"{{{Members(value)}}}",
        IFormattable formattable => formattable.ToString(null, null),
        _ => value.ToString(),
    };

    private static string Render(ReadOnlySpan<byte> bytes) =>
        bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? $"0x{Convert.ToHexString(bytes)}" : $"'{Encoding.ASCII.GetString(bytes)}'";
}
