namespace Gateway.DeviceMaps.Yaml;

/// <summary>Writes YAML values as people read them, in one line: lists in brackets, keys in braces, texts without their quotes.</summary>
internal static class FlowText
{
    /// <summary>The text of a value.</summary>
    public static string Of(YamlNode node) => node switch
    {
        YamlScalar scalar => scalar.Text,
        YamlSequence list => $"[{string.Join(", ", list.Items.Select(Of))}]",
        YamlMapping { Entries.Count: > 0 } mapping => $"{{ {string.Join(", ", mapping.Entries.Select(entry => $"{entry.Key}: {Of(entry.Value)}"))} }}",
        _ => "{}",
    };
}
