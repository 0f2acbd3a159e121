using System.Text.RegularExpressions;
using Gateway.DeviceMaps;

namespace Gateway.Hosting;

/// <summary>Texts of files that people wrote, without what looks like a secret in them. The rather too much than too little.</summary>
internal static partial class SecretText
{
    /// <summary>The text with asterisks for secrets, every other character in its place.</summary>
    /// <remarks>
    /// After a key such as <c>password:</c> everything to the end of its line is one, since a password may have what else would end a value, and so are
    /// the lines behind it that are indented deeper or belong to the same quotes. Within an address it is what stands before the @.
    /// </remarks>
    public static string Blank(string text)
    {
        var shown = text.ToCharArray();
        var hidden = default(Hidden);
        for (var begin = 0; begin < text.Length;)
        {
            var end = text.IndexOf('\n', begin) is var found and >= 0 ? found : text.Length;
            var line = shown.AsSpan(begin, end - begin);
            if (!hidden.Take(line))
            {
                UrlText.Blank(line);
                if (Key().Match(text, begin, end - begin) is { Success: true } key)
                {
                    hidden = Hidden.Behind(line, key.Index + key.Length - begin);
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
            shown.AsSpan(key.Index + key.Length).Trim().Fill('*');
        }

        return new string(shown);
    }

    [GeneratedRegex("""'[\w-]{0,60}(?:password|passwd|secret|token|passphrase)["']?[ \t]*:""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex QuotedKey();

    // password: x, but not password-file: x, which is a name.
    [GeneratedRegex("""(?:password|passwd|secret|token|passphrase)["']?[ \t]*:""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Key();

    /// <summary>What goes on from a line to the next.</summary>
    /// <param name="Column">Lines that begin behind this column are part of the secret; null: there is none.</param>
    /// <param name="Quote">The quotation mark that the secret ends with, wherever that is; null: it has none.</param>
    private record struct Hidden(int? Column, char? Quote)
    {
        /// <summary>Hides what stands behind a key.</summary>
        public static Hidden Behind(Span<char> line, int valueBegin)
        {
            var hidden = new Hidden(line.IndexOfAnyExcept(" \t-"), null);
            hidden.Hide(line[valueBegin..]);
            return hidden;
        }

        /// <summary>Hides a line that is part of the secret; false if it is not, and the secret has ended.</summary>
        public bool Take(Span<char> line)
        {
            if (line.IsWhiteSpace())
            {
                return Column is not null;
            }

            if (Quote is { } quote)
            {
                Quote = line.Contains(quote) ? null : quote;
                Fill(line);
                return true;
            }

            if (Column is null || line.IndexOfAnyExcept(' ', '\t') <= Column)
            {
                Column = null;
                return false;
            }

            Hide(line);
            return true;
        }

        private void Hide(Span<char> value)
        {
            var written = value.Trim();
            if (written.Length > 0 && written[0] is '"' or '\'' && !written[1..].Contains(written[0]))
            {
                Quote = written[0];
            }

            Fill(value);
        }

        private static void Fill(Span<char> value) => value.Trim().Fill('*');
    }
}
