using System.Text;

namespace Gateway.Mqtt.Authentication;

/// <summary>The syntax of SCRAM messages: attributes <c>letter=value</c> between commas. RFC 5802 §5.1, §7.</summary>
internal static class ScramText
{
    /// <summary>A client's GS2 header: no channel binding, no other identity to act for.</summary>
    public const string Gs2Header = "n,,";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Null: it is no UTF-8.</summary>
    public static string? Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>The value of the attribute at a place; null: another attribute stands there, or none.</summary>
    public static string? Value(string[] attributes, int index, char name) =>
        index < attributes.Length && attributes[index] is [var letter, '=', .. var value] && letter == name ? value : null;

    /// <summary>The bytes of a Base64 value; null: it is none.</summary>
    public static byte[]? Bytes(string? base64)
    {
        var bytes = new byte[base64?.Length ?? 0];
        return base64 is { Length: > 0 } && Convert.TryFromBase64String(base64, bytes, out var length) ? bytes[..length] : null;
    }

    /// <summary>A user name as a message carries it.</summary>
    public static string Escape(string userName) =>
        userName.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal);

    /// <summary>The user name behind an escaped one; null: it is not well formed.</summary>
    public static string? Unescape(string text)
    {
        var parts = text.Split('=');
        for (var i = 1; i < parts.Length; i++)
        {
            if (!parts[i].StartsWith("2C", StringComparison.Ordinal) && !parts[i].StartsWith("3D", StringComparison.Ordinal))
            {
                return null;
            }

            parts[i] = (parts[i][0] == '2' ? ',' : '=') + parts[i][2..];
        }

        return string.Concat(parts);
    }

    /// <summary>
    /// SASLprep, RFC 4013: spaces of all kinds are one, what is invisible goes, control characters are refused, and compatible
    /// characters are composed (NFKC). The last only in a program that runs with ICU: under InvariantGlobalization, as the gateway runs,
    /// .NET leaves the text as it is. Then a name or password that is not NFKC already (e and a combining accent, a ligature, full-width
    /// letters) never fits the peer that composes it: it is refused, nobody else is let in.
    /// </summary>
    /// <exception cref="ArgumentException">It is empty, holds a control character or a lone surrogate.</exception>
    public static string Prepare(string text, string parameterName)
    {
        ArgumentException.ThrowIfNullOrEmpty(text, parameterName);
        return TryPrepare(text) ?? throw new ArgumentException("User name and password hold no control characters and no lone surrogates.", parameterName);
    }

    /// <inheritdoc cref="Prepare"/>
    /// <returns>Null where <see cref="Prepare"/> throws.</returns>
    public static string? TryPrepare(string text)
    {
        if (!Ascii.IsValid(text))
        {
            try
            {
                text = string.Concat(text.EnumerateRunes().Where(rune => !IsInvisible(rune)).Select(rune => Rune.GetUnicodeCategory(rune) == System.Globalization.UnicodeCategory.SpaceSeparator ? " " : rune.ToString()))
                    .Normalize(NormalizationForm.FormKC);
            }
            catch (ArgumentException)
            {
                return null;
            }
        }

        return text.Length == 0 || text.Any(c => char.IsControl(c) || c == '\uFFFD') ? null : text;
    }

    // Table B.1 of RFC 3454: commonly mapped to nothing.
    private static bool IsInvisible(Rune rune) => rune.Value is
        0x00AD or 0x034F or 0x1806 or (>= 0x180B and <= 0x180D) or (>= 0x200B and <= 0x200D) or 0x2060 or (>= 0xFE00 and <= 0xFE0F) or 0xFEFF;
}
