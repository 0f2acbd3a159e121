using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Abstractions.Schema;

namespace Gateway.DeviceMaps.Schema;

/// <summary>Writes sections and keys as JSON Schema.</summary>
internal static class JsonSchemaSection
{
    // What YAML takes for a number or a truth is a text all the same where a text is asked for.
    private static readonly string[] ScalarTypes = ["string", "number", "boolean"];

    /// <summary>The schema of a section.</summary>
    /// <param name="section">What it may say.</param>
    /// <param name="replace">What stands for a key that the section leaves to its reader; null: what the key says itself.</param>
    public static JsonObject Write(SectionSchema section, Func<KeySchema, JsonObject?>? replace = null)
    {
        var properties = new JsonObject();
        foreach (var key in section.Keys)
        {
            properties[key.Name] = replace?.Invoke(key) ?? Write(key);
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        if (section.Keys.Where(key => key.Required).Select(key => key.Name).ToArray() is { Length: > 0 } required)
        {
            schema["required"] = Texts(required);
        }

        if (section.ExactlyOneOf.Count > 0)
        {
            schema["allOf"] = new JsonArray([.. section.ExactlyOneOf.Select(names => new JsonObject
            {
                ["oneOf"] = new JsonArray([.. names.Select(name => new JsonObject { ["required"] = new JsonArray(name) })]),
            })]);
        }

        return schema;
    }

    /// <summary>The schema of a key's value.</summary>
    public static JsonObject Write(KeySchema key)
    {
        var schema = new JsonObject { ["description"] = key.Unit is null ? key.Description : $"{key.Description} In {key.Unit}." };
        foreach (var (name, value) in WriteType(key))
        {
            schema[name] = value?.DeepClone();
        }

        if (WriteDefault(key.Default) is { } standard)
        {
            schema["default"] = standard;
        }

        if (key is { Example: { } example, Type: KeyType.Text or KeyType.Duration or KeyType.Size or KeyType.File })
        {
            schema["examples"] = new JsonArray(example);
        }

        return schema;
    }

    private static JsonObject WriteType(KeySchema key)
    {
        switch (key.Type)
        {
            case KeyType.Integer or KeyType.Number:
                var number = new JsonObject { ["type"] = key.Type == KeyType.Integer ? "integer" : "number" };
                AddLimit(number, "minimum", key.Minimum);
                AddLimit(number, "maximum", key.Maximum);
                return number;
            case KeyType.Boolean:
                return new JsonObject { ["type"] = "boolean" };
            case KeyType.Duration:
                return OrChoices(key, Pattern("^[0-9]+(\\.[0-9]+)? ?(ms|s|min|h|d)$"));
            case KeyType.Size:
                return OrChoices(key, Pattern("^[0-9]+(\\.[0-9]+)? ?(B|kB|MB|GB)$"));
            case KeyType.Choice:
                return Choices(key);
            case KeyType.TextList:
                return new JsonObject { ["anyOf"] = new JsonArray(Scalar(), ListOf(Scalar())) };
            case KeyType.TextMap:
                return new JsonObject { ["type"] = "object", ["additionalProperties"] = Scalar() };
            case KeyType.Section:
                return key.Section is null ? new JsonObject { ["type"] = Texts(["object", "array"]) } : Write(key.Section);
            case KeyType.SectionMap:
                return new JsonObject { ["type"] = "object", ["additionalProperties"] = Write(key.Section!) };
            case KeyType.SectionList:
                return new JsonObject { ["anyOf"] = new JsonArray(Write(key.Section!), ListOf(Write(key.Section!))) };
            default:
                return Scalar();
        }
    }

    private static JsonObject OrChoices(KeySchema key, JsonObject schema) =>
        key.Choices.Count == 0 ? schema : new JsonObject { ["anyOf"] = new JsonArray(schema, Choices(key)) };

    // protocol: 5 is a number to YAML, and the text "5" to the gateway.
    private static JsonObject Choices(KeySchema key)
    {
        var values = new JsonArray();
        foreach (var choice in key.Choices)
        {
            values.Add(JsonValue.Create(choice));
            if (decimal.TryParse(choice, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                values.Add(JsonValue.Create(number));
            }
        }

        return new JsonObject { ["enum"] = values };
    }

    private static JsonNode? WriteDefault(object? value) => value switch
    {
        null => null,
        bool truth => JsonValue.Create(truth),
        TimeSpan duration => JsonValue.Create(Quantity.Format(duration)),
        long number => JsonValue.Create(number),
        decimal number => JsonValue.Create(number),
        IEnumerable<string> texts => Texts(texts),
        _ => JsonValue.Create(value.ToString()),
    };

    private static void AddLimit(JsonObject schema, string name, decimal? limit)
    {
        if (limit is { } value)
        {
            schema[name] = JsonValue.Create(value);
        }
    }

    private static JsonObject Pattern(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };

    private static JsonObject Scalar() => new() { ["type"] = Texts(ScalarTypes) };

    private static JsonObject ListOf(JsonObject item) => new() { ["type"] = "array", ["items"] = item };

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => JsonValue.Create(text))];
}
