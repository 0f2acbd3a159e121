using System.Text.RegularExpressions;
using Gateway.DeviceMaps;

namespace Gateway.Hosting;

/// <summary>Texts of files that people wrote, without what looks like a secret in them. The rather too much than too little.</summary>
internal static partial class SecretText
{
    // Not bypass and compass. A name is what ends with -file.
    private const string Words =
        """(?:(?:password|passwd|passphrase|secret|token|credential)(?![\w-]{0,60}file["']?\s*[:=])[\w-]{0,60}|(?<!by|com|tres)pass(?:code|wort)?\d{0,3}|pwd\d{0,3}|(?<![a-z])pw|psk|api[-_]?key|authorization)""";

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    /// <summary>The text with asterisks for secrets, every other character in its place.</summary>
    /// <remarks>
    /// After a key such as <c>password:</c> everything to the end of its line is one, since a password may have what else would end a value, and so are
    /// the lines behind it, up to the next that begins with a key and is indented no deeper, is not within the same quotes or brackets, and is not the
    /// value itself. So is what has an anchor that a secret refers to. Within an address it is what stands before the @.
    /// </remarks>
    public static string Blank(string text)
    {
        var shown = text.ToCharArray();
        var begins = FindSecrets(text);
        var (hidden, next) = (default(HiddenLines), 0);
        for (var begin = 0; begin < text.Length;)
        {
            var end = text.IndexOf('\n', begin) is var found and >= 0 ? found : text.Length;
            var line = shown.AsSpan(begin, end - begin);
            var written = text.AsSpan(begin, end - begin);
            var isTaken = hidden.Takes(written);
            if (isTaken)
            {
                Fill(line);
            }
            else
            {
                UrlText.Blank(line);
            }

            for (; next < begins.Count && begins[next] <= end; next++)
            {
                var value = begins[next] - begin;
                Fill(line[value..]);

                // Within quotes and brackets that go on it is not known what is a key.
                if (!hidden.IsOpen)
                {
                    hidden = new HiddenLines(written, value, isTaken ? hidden.Column : int.MaxValue);
                }
            }

            begin = end + 1;
        }

        return new string(shown);
    }

    /// <summary>A sentence about a file with asterisks for the secrets that it quotes: in it a key begins behind a quotation mark.</summary>
    public static string BlankQuoted(string sentence)
    {
        var shown = sentence.ToCharArray();
        UrlText.Blank(shown);
        if (QuotedKey().Match(sentence) is { Success: true } key)
        {
            Fill(shown.AsSpan(key.Index + key.Length));
        }

        return new string(shown);
    }

    // Where they begin, in their order.
    private static List<int> FindSecrets(string text)
    {
        var keys = Key().Matches(text);
        var anchors = keys.Select(key => Alias().Match(text, key.Index + key.Length)).Where(alias => alias.Success).Select(alias => alias.Groups[1].Value).ToHashSet();
        var values = anchors.Count == 0 ? [] : Anchor().Matches(text).Where(anchor => anchors.Contains(anchor.Groups[1].Value));
        return [.. keys.Concat(values).Select(match => match.Index + match.Length).Order()];
    }

    private static void Fill(Span<char> line) => line.Trim().Fill('*');

    [GeneratedRegex("'[\\w-]{0,60}" + Words + """["']?[ \t]*[:=]""", Options)]
    private static partial Regex QuotedKey();

    [GeneratedRegex(Words + """["']?\s*[:=]""", Options)]
    private static partial Regex Key();

    [GeneratedRegex(@"\G\s*\*([^\s,\[\]{}]+)", Options)]
    private static partial Regex Alias();

    [GeneratedRegex(@"(?<=^|[\s,\[{])&([^\s,\[\]{}]+)", Options)]
    private static partial Regex Anchor();
}
