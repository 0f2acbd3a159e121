using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.Hosting;

/// <summary>Writes values into YAML that is made here, with quotes where they need some.</summary>
internal static partial class YamlText
{
    // What JSON puts into a string, YAML's double quotes understand.
    private static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A value that may be a number, a duration or a text: as it was typed, if YAML takes it so.</summary>
    public static string OfValue(string value) => PlainValue().IsMatch(value) ? value : Quote(value);

    /// <summary>A value that is a text, whatever it looks like.</summary>
    public static string OfText(string text) => PlainText().IsMatch(text) && !OtherThanText().IsMatch(text) ? text : Quote(text);

    /// <summary><c>{ key: value, key: value }</c></summary>
    public static string OfMap(IEnumerable<KeyValuePair<string, string>> keys) =>
        $"{{ {string.Join(", ", keys.Select(key => $"{OfText(key.Key)}: {OfValue(key.Value)}"))} }}";

    private static string Quote(string text) => JsonSerializer.Serialize(text, Quoting);

    // No colon but within a word, and nothing that ends a value within braces.
    [GeneratedRegex(@"^(?:-(?=[0-9])|[A-Za-z0-9/_.])(?:[A-Za-z0-9/_.@%°²³+-]|:(?![ ]|\z)|[ ](?![ ]|\z))*\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainValue();

    [GeneratedRegex(@"^[A-Za-z/](?:[A-Za-z0-9/_.@+-]|:(?=[^ ]))*\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainText();

    [GeneratedRegex(@"^(?:true|false|null)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex OtherThanText();
}
