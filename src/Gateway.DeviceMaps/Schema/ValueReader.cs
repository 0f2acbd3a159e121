using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Schema;

/// <summary>Reads the value of one key as the type that its schema names.</summary>
/// <param name="diagnostics">Takes the findings.</param>
/// <param name="files">Reads the files that keys name; null where no key names one.</param>
internal sealed partial class ValueReader(ICollection<Diagnostic> diagnostics, NamedFiles? files = null)
{
    /// <summary>The value; null if it is not allowed, which is reported.</summary>
    public object? Read(KeySchema key, YamlNode node)
    {
        switch (key.Type)
        {
            case KeyType.TextList:
                return ReadTexts(key, node);
            case KeyType.TextMap:
                return ReadTextMap(key, node);
        }

        if (node is not YamlScalar scalar)
        {
            return Refuse(key, node, $"{MustBe(key)}, {Wording.Found(node)}");
        }

        if (scalar.IsNull)
        {
            return Refuse(key, node, $"'{key.Name}' has no value{Wording.Example(key)}");
        }

        if (key.Choices.Contains(scalar.Text))
        {
            return scalar.Text;
        }

        if (scalar.IsQuoted && key.Type is not (KeyType.Text or KeyType.File or KeyType.Choice or KeyType.Duration or KeyType.Size))
        {
            return Refuse(key, node, IsWellFormed(key.Type, scalar.Text)
                ? $"{MustBe(key)}, found the text '{Wording.Shorten(scalar.Text)}'; leave out the quotes"
                : $"{MustBe(key)}, {Wording.Found(node)}{Wording.Hint(key)}");
        }

        return key.Type switch
        {
            KeyType.Text => scalar.Text,
            KeyType.Integer => ReadInteger(key, scalar),
            KeyType.Number => ReadNumber(key, scalar),
            KeyType.Boolean => ReadBoolean(key, scalar),
            KeyType.Duration => ReadDuration(key, scalar),
            KeyType.Size => ReadSize(key, scalar),
            KeyType.File => files!.Read(key, scalar),
            _ => Refuse(key, scalar, $"{MustBe(key)}, {Wording.Found(scalar)}{NearMiss.Suggest(scalar.Text, key.Choices)}{Wording.Hint(key)}"),
        };
    }

    /// <summary>Reads a whole number, decimal, hexadecimal or octal. YAML 1.2.2 §10.3.2.</summary>
    public static bool TryParseInteger(string text, out long value)
    {
        value = 0;
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value >= 0;
        }

        if (text.StartsWith("0o", StringComparison.Ordinal))
        {
            return OctalDigits().IsMatch(text) && (value = Convert.ToInt64(text[2..], 8)) >= 0;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryParseNumber(string text, out decimal value)
    {
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out value))
        {
            return true;
        }

        var isInteger = TryParseInteger(text, out var integer);
        value = integer;
        return isInteger;
    }

    private static bool IsWellFormed(KeyType type, string text) => type switch
    {
        KeyType.Integer => TryParseInteger(text, out _),
        KeyType.Number => TryParseNumber(text, out _),
        KeyType.Boolean => text is "true" or "false",
        _ => false,
    };

    private object? ReadInteger(KeySchema key, YamlScalar scalar) => TryParseInteger(scalar.Text, out var value)
        ? InRange(key, scalar, value) ? value : null
        : Refuse(key, scalar, $"{MustBe(key)}, {Wording.Found(scalar)}{Wording.Hint(key)}");

    private object? ReadNumber(KeySchema key, YamlScalar scalar)
    {
        if (TryParseNumber(scalar.Text, out var value))
        {
            return InRange(key, scalar, value) ? value : null;
        }

        var withPoint = scalar.Text.Replace(',', '.');
        var hint = withPoint != scalar.Text && TryParseNumber(withPoint, out _) ? $"; write a decimal point: '{withPoint}'" : Wording.Hint(key);
        return Refuse(key, scalar, $"{MustBe(key)}, {Wording.Found(scalar)}{hint}");
    }

    private object? ReadBoolean(KeySchema key, YamlScalar scalar)
    {
        switch (scalar.Text)
        {
            case "true" or "True" or "TRUE":
                return true;
            case "false" or "False" or "FALSE":
                return false;
        }

        var meant = scalar.Text.ToUpperInvariant() switch
        {
            "YES" or "Y" or "ON" or "1" => "true",
            "NO" or "N" or "OFF" or "0" => "false",
            _ => NearMiss.Find(scalar.Text, ["true", "false"]),
        };
        return Refuse(key, scalar, $"{MustBe(key)}, {Wording.Found(scalar)}{(meant is null ? Wording.Hint(key) : $"; did you mean '{meant}'?")}");
    }

    private object? ReadDuration(KeySchema key, YamlScalar scalar)
    {
        if (Quantity.TryParseDuration(scalar.Text, out var duration))
        {
            return InRange(key, scalar, (decimal)duration.Ticks / TimeSpan.TicksPerSecond) ? duration : null;
        }

        var meant = Quantity.FindDuration(scalar.Text) ?? NearMiss.Find(scalar.Text, key.Choices);
        return Refuse(key, scalar, $"{MustBe(key)}, {Wording.Found(scalar)}{DidYouMean(meant)}");
    }

    private object? ReadSize(KeySchema key, YamlScalar scalar) => Quantity.TryParseSize(scalar.Text, out var bytes)
        ? InRange(key, scalar, bytes) ? bytes : null
        : Refuse(key, scalar, $"{MustBe(key)}, {Wording.Found(scalar)}{DidYouMean(Quantity.FindSize(scalar.Text))}");

    private static string DidYouMean(string? meant) => meant is null ? "" : $"; did you mean '{meant}'?";

    private List<string>? ReadTexts(KeySchema key, YamlNode node)
    {
        IReadOnlyList<YamlNode> items = node is YamlSequence sequence ? sequence.Items : [node];
        var texts = new List<string>(items.Count);
        foreach (var item in items)
        {
            if (item is not YamlScalar scalar)
            {
                Refuse(key, item, $"{MustBe(key)}, {Wording.Found(item)}");
                return null;
            }

            if (scalar.IsNull)
            {
                Refuse(key, item, $"'{key.Name}' has no value{Wording.Example(key)}");
                return null;
            }

            texts.Add(scalar.Text);
        }

        return texts;
    }

    private Dictionary<string, string>? ReadTextMap(KeySchema key, YamlNode node)
    {
        if (node is not YamlMapping mapping)
        {
            Refuse(key, node, $"{MustBe(key)}, {Wording.Found(node)}");
            return null;
        }

        var map = new Dictionary<string, string>(mapping.Entries.Count);
        foreach (var entry in mapping.Entries)
        {
            if (entry.Value is not YamlScalar { IsNull: false } scalar)
            {
                Refuse(key, entry.Value, entry.Value is YamlScalar
                    ? MissingSpace.Explain(entry.Key) ?? $"'{entry.Key}' in '{key.Name}' has no value"
                    : $"'{entry.Key}' in '{key.Name}' must be a text, {Wording.Found(entry.Value)}");
                return null;
            }

            map.Add(entry.Key, scalar.Text);
        }

        return map;
    }

    private bool InRange(KeySchema key, YamlScalar scalar, decimal value)
    {
        if (value >= (key.Minimum ?? decimal.MinValue) && value <= (key.Maximum ?? decimal.MaxValue))
        {
            return true;
        }

        Refuse(key, scalar, $"'{key.Name}' must be {Range(key)}, {Wording.Found(scalar)}{Wording.Hint(key)}");
        return false;
    }

    private static string Range(KeySchema key)
    {
        var unit = key is { Unit: { } name, Type: KeyType.Integer or KeyType.Number } ? $" {name}" : "";
        return (key.Minimum, key.Maximum) switch
        {
            ({ } minimum, { } maximum) => $"between {Format(key, minimum)} and {Format(key, maximum)}{unit}",
            ({ } minimum, null) => $"at least {Format(key, minimum)}{unit}",
            (_, { } maximum) => $"at most {Format(key, maximum)}{unit}",
            _ => "in range",
        };
    }

    private static string Format(KeySchema key, decimal limit) => key.Type switch
    {
        KeyType.Duration => Quantity.Format(TimeSpan.FromTicks((long)(limit * TimeSpan.TicksPerSecond))),
        KeyType.Size => Quantity.Format((long)limit),
        _ => Quantity.Number(limit),
    };

    private static string MustBe(KeySchema key)
    {
        var what = key.Type switch
        {
            KeyType.Text => "a text",
            KeyType.Integer => "a whole number",
            KeyType.Number => "a number",
            KeyType.Boolean => "true or false",
            KeyType.Duration => $"a number with ms, s, min, h or d, such as '{key.Example ?? "10 s"}'",
            KeyType.Size => $"a number with B, kB, MB or GB, such as '{key.Example ?? "10 MB"}'",
            KeyType.Choice => "",
            KeyType.TextList => "a text or a list of texts",
            KeyType.File => "the path of a file",
            _ => $"keys with a text each{Wording.Example(key)}",
        };
        var choices = key.Choices.Count == 0 ? "" : Wording.OneOf(key.Choices);
        var separator = choices.Length > 0 && what.Length > 0 ? ", or " : "";
        return $"'{key.Name}' must be {what}{separator}{choices}";
    }

    private object? Refuse(KeySchema key, YamlNode node, string message)
    {
        // A value that is not there begins nowhere worth pointing at, but its key is on the same line.
        diagnostics.Add(Diagnostic.Error(node.Location, message));
        return null;
    }

    [GeneratedRegex("^0o[0-7]{1,20}$", RegexOptions.CultureInvariant)]
    private static partial Regex OctalDigits();
}
