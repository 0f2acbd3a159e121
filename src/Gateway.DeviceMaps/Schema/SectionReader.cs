using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Files;
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

    /// <param name="diagnostics">Takes the findings.</param>
    /// <param name="files">Reads the files that keys name; null where no key names one.</param>
    public SectionReader(ICollection<Diagnostic> diagnostics, NamedFiles? files = null)
    {
        _diagnostics = diagnostics;
        _values = new ValueReader(diagnostics, files);
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
        var meant = new HashSet<string>();
        var faulty = new HashSet<string>();
        var isValid = true;
        foreach (var entry in mapping.Entries)
        {
            if (!keys.TryGetValue(entry.Key, out var key))
            {
                isValid = Refuse(entry.KeyLocation, DescribeUnknown(entry, mapping, schema, elsewhere, meant));
                continue;
            }

            locations[entry.Key] = entry.Value.Location;
            if (!ReadValue(key, entry.Value, values))
            {
                faulty.Add(entry.Key);
                isValid = false;
            }
        }

        isValid &= CheckAlternatives(mapping, schema, meant) & CheckRequired(mapping, schema, meant);
        AddDefaults(schema, values, locations, mapping.Location);
        faulty.UnionWith(meant);
        return new SectionResult(new Settings(values, locations, mapping.Location) { FaultyKeys = faulty }, isValid);
    }

    private bool ReadValue(KeySchema key, YamlNode node, Dictionary<string, object> values)
    {
        switch (key.Type)
        {
            case KeyType.Section:
                return ReadSection(key, node, values);
            case KeyType.SectionMap:
                return ReadSectionMap(key, node, values);
            case KeyType.SectionList:
                return ReadSections(key, node, values);
            default:
                if (_values.Read(key, node) is not { } value)
                {
                    return false;
                }

                values[key.Name] = value;
                return true;
        }
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

    private bool ReadSectionMap(KeySchema key, YamlNode node, Dictionary<string, object> values)
    {
        if (node is YamlScalar { IsNull: true })
        {
            return true;
        }

        if (node is not YamlMapping mapping)
        {
            return Refuse(node.Location, DescribeNoKeys(key, node));
        }

        var sections = new Dictionary<string, object>();
        var isValid = true;
        foreach (var entry in mapping.Entries)
        {
            isValid &= ReadSection(key with { Name = entry.Key, Example = null }, entry.Value, sections);
        }

        values[key.Name] = sections.ToDictionary(section => section.Key, section => (Settings)section.Value);
        return isValid;
    }

    // A list of one may be written without its dash.
    private bool ReadSections(KeySchema key, YamlNode node, Dictionary<string, object> values)
    {
        if (node is YamlScalar { IsNull: true })
        {
            return true;
        }

        var sections = new List<Settings>();
        var isValid = true;
        foreach (var item in node is YamlSequence sequence ? sequence.Items : [node])
        {
            if (item is YamlMapping mapping)
            {
                var (settings, isItemValid) = Read(mapping, key.Section!);
                sections.Add(settings);
                isValid &= isItemValid;
            }
            else
            {
                isValid = Refuse(item.Location, DescribeNoKeys(key, item));
            }
        }

        if (isValid || sections.Count > 0)
        {
            values[key.Name] = sections;
        }

        return isValid;
    }

    /// <summary>What to say where keys should stand and do not.</summary>
    public static string DescribeNoKeys(KeySchema key, YamlNode node) =>
        (node is YamlScalar { IsQuoted: false } scalar ? MissingSpace.Explain(scalar.Text) : null)
        ?? $"'{key.Name}' must have keys of its own{Wording.Example(key)}; {Wording.Found(node)}";

    /// <summary>A key that is missing because it is misspelt has been reported already.</summary>
    private bool CheckRequired(YamlMapping mapping, SectionSchema schema, HashSet<string> meant)
    {
        var isValid = true;
        foreach (var key in schema.Keys.Where(key => key.Required && mapping.Find(key.Name) is null && !meant.Contains(key.Name)))
        {
            isValid = Refuse(mapping.Location, $"{schema.Name} needs '{key.Name}'{Wording.Example(key)}");
        }

        return isValid;
    }

    private bool CheckAlternatives(YamlMapping mapping, SectionSchema schema, HashSet<string> meant)
    {
        var isValid = true;
        foreach (var alternatives in schema.ExactlyOneOf)
        {
            var found = mapping.Entries.Where(entry => alternatives.Contains(entry.Key)).ToArray();
            if (found.Length == 0 && !meant.Overlaps(alternatives))
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
            if (key is { Type: KeyType.Section, Section: { } section } && !section.Keys.Any(inner => inner.Required) && section.ExactlyOneOf.Count == 0)
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
        YamlEntry entry, YamlMapping mapping, SectionSchema schema, IReadOnlyDictionary<string, string>? elsewhere, HashSet<string> meant)
    {
        if (entry.Value is YamlScalar { IsNull: true } && DescribeWithoutValue(entry.Key, mapping.IsFlow, meant) is { } message)
        {
            return message;
        }

        if (entry.Key.StartsWith("//", StringComparison.Ordinal))
        {
            return "a comment begins with '#', not with '//'";
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

        if (NearMiss.Find(entry.Key, schema.Keys.Select(key => key.Name)) is { } near)
        {
            meant.Add(near);
            return $"{unknown}; did you mean '{near}'?";
        }

        return schema.Keys.Count == 0 ? $"{unknown}, which has no keys of its own" : $"{unknown}; allowed are {Wording.Join(schema.Keys.Select(key => key.Name), "and")}";
    }

    /// <summary>What YAML took for a key, and a person did not mean as one; null if it may be one.</summary>
    private static string? DescribeWithoutValue(string key, bool isFlow, HashSet<string> meant)
    {
        if (MissingSpace.Explain(key) is { } message)
        {
            meant.Add(key[..key.IndexOf(':', StringComparison.Ordinal)]);
            return message;
        }

        if (!isFlow)
        {
            return null;
        }

        return key.All(char.IsAsciiDigit)
            ? $"'{Wording.Shorten(key)}' has no value; a decimal number is written with a point, not with a comma"
            : $"'{Wording.Shorten(key)}' has no value; if it belongs to the text before it, put the whole text in quotes";
    }

    private bool Refuse(SourceLocation location, string message)
    {
        _diagnostics.Add(Diagnostic.Error(location, message));
        return false;
    }
}
