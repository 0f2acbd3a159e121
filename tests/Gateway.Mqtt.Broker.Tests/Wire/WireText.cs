using System.Globalization;
using System.Text;

namespace Gateway.Mqtt.Broker.Tests.Wire;

/// <summary>
/// Bytes as people write them: <c>10 003c</c> hexadecimal, <c>'abc'</c> ASCII, <c>"abc"</c> a string with its two bytes of
/// length, <c>[ … ]</c> whatever is inside after its length as a Variable Byte Integer, and names for packets that
/// nearly every case has.
/// </summary>
internal static class WireText
{
    // CONNECT without and with the wish to keep the session; CONNACK as our limits make it.
    private static readonly Dictionary<string, string> Names = new()
    {
        ["connect31"] = "10 [ \"MQIsdp\" 03 02 003c \"{0}\" ]",
        ["connect4"] = "10 [ \"MQTT\" 04 02 003c \"{0}\" ]",
        ["resume4"] = "10 [ \"MQTT\" 04 00 003c \"{0}\" ]",
        ["connect5"] = "10 [ \"MQTT\" 05 02 003c [ ] \"{0}\" ]",
        ["clean5"] = "10 [ \"MQTT\" 05 02 003c [ 11 00000e10 ] \"{0}\" ]",
        ["resume5"] = "10 [ \"MQTT\" 05 00 003c [ 11 00000e10 ] \"{0}\" ]",
        ["ok4"] = "20 02 00 00",
        ["present4"] = "20 02 01 00",
        ["ok5"] = "20 [ 00 00 [ 21 0400 27 01000000 22 0020 ] ]",
        ["present5"] = "20 [ 01 00 [ 21 0400 27 01000000 22 0020 ] ]",
    };

    public static byte[] Parse(string text)
    {
        var at = 0;
        var bytes = ParseUntil(text, ref at, end: '\0');
        return bytes;
    }

    public static string Format(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static byte[] ParseUntil(string text, ref int at, char end)
    {
        var bytes = new List<byte>();
        while (at < text.Length && text[at] != end)
        {
            var c = text[at];
            if (c == ' ')
            {
                at++;
            }
            else if (c is '\'' or '"')
            {
                var close = text.IndexOf(c, at + 1);
                var content = Encoding.UTF8.GetBytes(text[(at + 1)..close]);
                bytes.AddRange(c == '"' ? [(byte)(content.Length >> 8), (byte)content.Length, .. content] : content);
                at = close + 1;
            }
            else if (c == '[')
            {
                at++;
                var content = ParseUntil(text, ref at, ']');
                at++;
                bytes.AddRange([.. Length(content.Length), .. content]);
            }
            else if (c == '@')
            {
                var name = Word(text, ref at)[1..].Split(':');
                bytes.AddRange(Parse(string.Format(CultureInfo.InvariantCulture, Names[name[0]], name.Length > 1 ? name[1] : "")));
            }
            else
            {
                bytes.AddRange(Convert.FromHexString(Word(text, ref at)));
            }
        }

        return [.. bytes];
    }

    private static string Word(string text, ref int at)
    {
        var begin = at;
        while (at < text.Length && text[at] is not (' ' or ']' or '['))
        {
            at++;
        }

        return text[begin..at];
    }

    private static IEnumerable<byte> Length(int length)
    {
        do
        {
            yield return (byte)(length % 128 + (length >= 128 ? 128 : 0));
            length /= 128;
        }
        while (length > 0);
    }
}
