using System.Globalization;
using System.Text;

namespace Gateway.Mqtt.Broker.Tests.Wire;

/// <summary>
/// Bytes as people write them: <c>10 003c</c> hexadecimal, <c>'abc'</c> ASCII, <c>"abc"</c> a string with its two bytes of
/// length, <c>[ … ]</c> whatever is inside after its length as a Variable Byte Integer, <c>*70000</c> so many times the
/// byte before it, and names for packets that nearly every case has. What a case for both versions writes once:
/// <c>@connect:a</c> for <c>@connect4:a</c> and <c>@connect5:a</c>, <c>.</c> for no properties, <c>!82</c> for the
/// DISCONNECT that 5.0 is sent and 3.1.1 is not, <c>@v</c> for the protocol version, <c>@quiet</c> for the properties of a
/// CONNECT that wants no Reason Strings.
/// </summary>
internal static class WireText
{
    // CONNECT without and with the wish to keep the session, in 5.0 without the wish for Reason Strings (reasons.txt has those); CONNACK as our limits make it.
    private static readonly Dictionary<string, string> Names = new()
    {
        ["connect31"] = "10 [ \"MQIsdp\" 03 02 003c \"{0}\" ]",
        ["connect4"] = "10 [ \"MQTT\" 04 02 003c \"{0}\" ]",
        ["resume4"] = "10 [ \"MQTT\" 04 00 003c \"{0}\" ]",
        ["connect5"] = "10 [ \"MQTT\" 05 02 003c [ 17 00 ] \"{0}\" ]",
        ["clean5"] = "10 [ \"MQTT\" 05 02 003c [ 11 00000e10 17 00 ] \"{0}\" ]",
        ["resume5"] = "10 [ \"MQTT\" 05 00 003c [ 11 00000e10 17 00 ] \"{0}\" ]",
        ["quiet4"] = "",
        ["quiet5"] = "02 17 00",
        ["v4"] = "04",
        ["v5"] = "05",
        ["ok4"] = "20 02 00 00",
        ["present4"] = "20 02 01 00",
        ["ok5"] = "20 [ 00 00 [ 21 0400 27 01000000 22 0020 ] ]",
        ["present5"] = "20 [ 01 00 [ 21 0400 27 01000000 22 0020 ] ]",
    };

    // Of both versions, each without its number.
    private static readonly HashSet<string> VersionlessNames = ["connect", "resume", "ok", "present", "quiet", "v"];

    /// <summary>Whether the text stands for other bytes in 3.1.1 than in 5.0.</summary>
    public static bool IsForBothVersions(string text) =>
        text.Split(' ').Any(word => word == "." || (word.Length > 0 && word[0] == '!') || (word.StartsWith('@') && VersionlessNames.Contains(word[1..].Split(':')[0])));

    /// <param name="text">As above.</param>
    /// <param name="version">5 or 4, for what is written for both.</param>
    public static byte[] Parse(string text, int version = 5)
    {
        var at = 0;
        return ParseUntil(text, ref at, end: '\0', version);
    }

    public static string Format(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static byte[] ParseUntil(string text, ref int at, char end, int version)
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
                var content = ParseUntil(text, ref at, ']', version);
                at++;
                bytes.AddRange([.. Length(content.Length), .. content]);
            }
            else if (c == '@')
            {
                var name = Word(text, ref at)[1..].Split(':');
                var packet = Names[VersionlessNames.Contains(name[0]) ? $"{name[0]}{version}" : name[0]];
                bytes.AddRange(Parse(string.Format(CultureInfo.InvariantCulture, packet, name.Length > 1 ? name[1] : "")));
            }
            else if (c == '*')
            {
                bytes.AddRange(Enumerable.Repeat(bytes[^1], int.Parse(Word(text, ref at)[1..], null) - 1));
            }
            else if (c == '.')
            {
                at++;
                bytes.AddRange(version == 5 ? [0x00] : []);
            }
            else if (c == '!')
            {
                var code = Convert.FromHexString(Word(text, ref at)[1..]);
                bytes.AddRange(version == 5 ? [0xE0, 0x01, .. code] : []);
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
