using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Schema;

/// <summary>The recurring phrases of messages.</summary>
internal static class Wording
{
    private const int LongestQuotation = 60;

    /// <summary>What stands in the file, for the end of a sentence: <c>found 'fast'</c>.</summary>
    public static string Found(YamlNode node) => node switch
    {
        YamlScalar scalar => $"found '{Shorten(scalar.Text.Contains("://", StringComparison.Ordinal) ? UrlText.WithoutUser(scalar.Text) : scalar.Text)}'",
        YamlMapping { IsFlow: true } => "found keys in braces; if the braces are part of a text, put it in quotes",
        YamlMapping => "found keys",
        _ => "found a list",
    };

    /// <summary>A text on one line and not too long.</summary>
    public static string Shorten(string text)
    {
        var line = string.Concat(text.Select(c => c switch { '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", _ => c.ToString() }));
        return line.Length <= LongestQuotation ? line : line[..LongestQuotation] + "…";
    }

    /// <summary><c>'a', 'b' or 'c'</c></summary>
    public static string Join(IEnumerable<string> names, string conjunction)
    {
        var quoted = names.Select(name => $"'{name}'").ToArray();
        return quoted.Length < 2 ? string.Concat(quoted) : $"{string.Join(", ", quoted[..^1])} {conjunction} {quoted[^1]}";
    }

    /// <summary><c>'rtu' or 'tcp'</c>, <c>one of 'a', 'b' or 'c'</c></summary>
    public static string OneOf(IReadOnlyCollection<string> names) => (names.Count > 2 ? "one of " : "") + Join(names, "or");

    /// <summary><c>, for example: every: 1 s</c>, or nothing where the key has no example.</summary>
    public static string Example(KeySchema key) => key.Example is null ? "" : $", for example {key.Name}: {key.Example}";

    /// <summary>The hint of a key, as the end of a sentence.</summary>
    public static string Hint(KeySchema key) => key.Hint is null ? "" : $"; {key.Hint}";
}
