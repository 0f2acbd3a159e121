using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.DeviceMaps.Yaml;

/// <summary>Writes YAML values in one line as they could stand in braces: lists in brackets, keys in braces, texts in quotes where YAML needs them.</summary>
internal static class FlowText
{
    private const string Indicators = "%@&*!|>{}[]\"'`#,?-:";
    private static readonly string[] Breaks = [",", ": ", " #", "{", "}", "[", "]"];

    // A text in JSON is one in YAML.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text of a value.</summary>
    public static string Of(YamlNode node) => node switch
    {
        YamlScalar scalar => Of(scalar.Text),
        YamlSequence list => $"[{string.Join(", ", list.Items.Select(Of))}]",
        YamlMapping { Entries.Count: > 0 } mapping => $"{{ {string.Join(", ", mapping.Entries.Select(entry => $"{entry.Key}: {Of(entry.Value)}"))} }}",
        _ => "{}",
    };

    private static string Of(string text) => decimal.TryParse(text, CultureInfo.InvariantCulture, out _) || IsPlain(text) ? text : JsonSerializer.Serialize(text, Readable);

    private static bool IsPlain(string text) =>
        text.Length > 0
        && !Indicators.Contains(text[0], StringComparison.Ordinal)
        && !Array.Exists(Breaks, part => text.Contains(part, StringComparison.Ordinal))
        && text.Trim().Length == text.Length
        && !text.Any(char.IsControl);
}
