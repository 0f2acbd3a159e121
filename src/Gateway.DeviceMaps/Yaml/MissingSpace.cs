using System.Text.RegularExpressions;

namespace Gateway.DeviceMaps.Yaml;

/// <summary>Finds <c>baud:9600</c>: to YAML one text, to the person who wrote it a key and a value.</summary>
internal static partial class MissingSpace
{
    /// <summary>What to say about a text if it looks like a key and a value; else null.</summary>
    public static string? Explain(string text)
    {
        var match = KeyColonValue().Match(text.Trim());
        return match.Success
            ? $"a space is missing after the colon: write '{match.Groups["key"].Value}: {match.Groups["value"].Value.TrimEnd()}'"
            : null;
    }

    // What follows the colon must not look like the rest of mqtt://… or of 10.0.0.7:502, which begins with a digit.
    [GeneratedRegex(@"^(- )?(?<key>[A-Za-z_][A-Za-z0-9_-]*):(?<value>(?!//)[^\s:#][^#:]{0,60})(\s#.*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex KeyColonValue();
}
