using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Schema;

/// <summary>The keys of a section, and whether all of them are as the schema asks.</summary>
/// <param name="Settings">The values that are; a wrong one is left out.</param>
/// <param name="IsValid">Whether nothing was wrong.</param>
internal readonly record struct SectionResult(Settings Settings, bool IsValid);

/// <summary>
/// Validates a section of a file against its schema. Every finding is reported, none stops the reading.
/// </summary>
internal sealed class SectionReader
{
    private readonly ICollection<Diagnostic> _diagnostics;
    private readonly ValueReader _values;

    public SectionReader(ICollection<Diagnostic> diagnostics)
    {
        _diagnostics = diagnostics;
        _values = new ValueReader(diagnostics);
    }

    /// <summary>
    /// Reads a section. A key of type <see cref="KeyType.Section"/> without a schema of its own is left to the caller: it is
    /// allowed, and its place is noted, but <see cref="Settings"/> has no value for it.
    /// </summary>
    /// <param name="mapping">The section.</param>
    /// <param name="schema">What it may say.</param>
    /// <param name="elsewhere">Keys that belong to another section, with its name, for people who put them here.</param>
    public SectionResult Read(YamlMapping mapping, SectionSchema schema, IReadOnlyDictionary<string, string>? elsewhere = null)
    {
        var values = new Dictionary<string, object>();
        var locations = new Dictionary<string, SourceLocation>();
        var keys = schema.Keys.ToDictionary(key => key.Name);
        var isValid = true;
        foreach (var entry in mapping.Entries)
        {
            if (!keys.TryGetValue(entry.Key, out var key))
            {
                isValid = Refuse(entry.KeyLocation, DescribeUnknown(entry, mapping, schema, elsewhere));
                continue;
            }

            locations[entry.Key] = entry.Value.Location;
            if (key.Type == KeyType.Section)
            {
                isValid &= ReadSection(key, entry.Value, values);
            }
            else if (_values.Read(key, entry.Value) is { } value)
            {
                values[entry.Key] = value;
            }
            else
            {
                isValid = false;
            }
        }

        isValid &= CheckAlternatives(mapping, schema) && CheckRequired(mapping, schema);
        AddDefaults(schema, values, locations, mapping.Location);
        return new SectionResult(new Settings(values, locations, mapping.Location), isValid);
    }

    private bool ReadSection(KeySchema key, YamlNode node, Dictionary<string, object> values)
    {
        if (key.Section is null || node is YamlScalar { IsNull: true })
        {
            return true;
        }

        if (node is not YamlMapping mapping)
        {
            return Refuse(node.Location, DescribeNoKeys(key, node));
        }

        var (settings, isValid) = Read(mapping, key.Section);
        values[key.Name] = settings;
        return isValid;
    }

    /// <summary>What to say where keys should stand and do not.</summary>
    public static string DescribeNoKeys(KeySchema key, YamlNode node) =>
        (node is YamlScalar { IsQuoted: false } scalar ? MissingSpace.Explain(scalar.Text) : null)
        ?? $"'{key.Name}' must have keys of its own{Wording.Example(key)}; {Wording.Found(node)}";

    private bool CheckRequired(YamlMapping mapping, SectionSchema schema)
    {
        var isValid = true;
        foreach (var key in schema.Keys.Where(key => key.Required && mapping.Find(key.Name) is null))
        {
            isValid = Refuse(mapping.Location, $"{schema.Name} needs '{key.Name}'{Wording.Example(key)}");
        }

        return isValid;
    }

    private bool CheckAlternatives(YamlMapping mapping, SectionSchema schema)
    {
        var isValid = true;
        foreach (var alternatives in schema.ExactlyOneOf)
        {
            var found = mapping.Entries.Where(entry => alternatives.Contains(entry.Key)).ToArray();
            if (found.Length == 0)
            {
                isValid = Refuse(mapping.Location, $"{schema.Name} needs one of {Wording.Join(alternatives, "or")}");
            }
            else if (found.Length > 1)
            {
                isValid = Refuse(found[1].KeyLocation, $"{schema.Name} can have only one of {Wording.Join(found.Select(entry => entry.Key), "and")}");
            }
        }

        return isValid;
    }

    /// <summary>A section that was left out is there with its defaults, unless it needs keys that have none.</summary>
    private static void AddDefaults(SectionSchema schema, Dictionary<string, object> values, Dictionary<string, SourceLocation> locations, SourceLocation place)
    {
        foreach (var key in schema.Keys.Where(key => !values.ContainsKey(key.Name)))
        {
            if (key.Section is { } section && !section.Keys.Any(inner => inner.Required) && section.ExactlyOneOf.Count == 0)
            {
                var inner = new Dictionary<string, object>();
                AddDefaults(section, inner, [], place);
                values[key.Name] = new Settings(inner, new Dictionary<string, SourceLocation>(), place);
            }
            else if (key.Default is not null && !locations.ContainsKey(key.Name))
            {
                values[key.Name] = key.Default;
            }
        }
    }

    private static string DescribeUnknown(
        YamlEntry entry, YamlMapping mapping, SectionSchema schema, IReadOnlyDictionary<string, string>? elsewhere)
    {
        if (entry.Value is YamlScalar { IsNull: true })
        {
            if (MissingSpace.Explain(entry.Key) is { } message)
            {
                return message;
            }

            if (mapping.IsFlow)
            {
                return $"'{Wording.Shorten(entry.Key)}' has no value; if it belongs to the text before it, put the whole text in quotes";
            }
        }

        var unknown = $"unknown key '{Wording.Shorten(entry.Key)}' in {schema.Name}";
        if (schema.Instead.TryGetValue(entry.Key, out var instead))
        {
            return $"{unknown}; {instead}";
        }

        if (elsewhere is not null && elsewhere.TryGetValue(entry.Key, out var other))
        {
            return $"{unknown}; it belongs to {other}";
        }

        var suggestion = NearMiss.Suggest(entry.Key, schema.Keys.Select(key => key.Name));
        return suggestion.Length > 0
            ? unknown + suggestion
            : schema.Keys.Count == 0 ? $"{unknown}, which has no keys of its own" : $"{unknown}; allowed are {Wording.Join(schema.Keys.Select(key => key.Name), "and")}";
    }

    private bool Refuse(SourceLocation location, string message)
    {
        _diagnostics.Add(Diagnostic.Error(location, message));
        return false;
    }
}
