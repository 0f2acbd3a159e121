using Gateway.Abstractions.Definitions;

namespace Gateway.DeviceMaps.Yaml;

/// <summary>One value of a YAML document, with its place. Immutable; an aliased node occurs at several places of the tree.</summary>
/// <param name="Location">Where the value begins.</param>
/// <param name="Weight">The values in it, itself included, aliases expanded.</param>
/// <param name="Height">The levels below and including it.</param>
internal abstract record YamlNode(SourceLocation Location, int Weight, int Height);

/// <summary>A text as it is written; what it means is up to the schema of its key.</summary>
/// <param name="Location">Where the value begins.</param>
/// <param name="Text">The text, without quotes and with escapes resolved.</param>
/// <param name="IsQuoted">Whether it is in quotes or a block: then it is a string, whatever it looks like. YAML 1.2.2 §10.3.2.</param>
internal sealed record YamlScalar(SourceLocation Location, string Text, bool IsQuoted) : YamlNode(Location, 1, 1)
{
    /// <summary>Whether there is no value. YAML 1.2.2 §10.2.1.1.</summary>
    public bool IsNull => !IsQuoted && Text is "" or "~" or "null" or "Null" or "NULL";
}

/// <summary>A list.</summary>
/// <param name="Location">Where the value begins.</param>
/// <param name="Items">The items, in order.</param>
/// <param name="Weight">The values in it, itself included, aliases expanded.</param>
/// <param name="Height">The levels below and including it.</param>
internal sealed record YamlSequence(SourceLocation Location, IReadOnlyList<YamlNode> Items, int Weight, int Height)
    : YamlNode(Location, Weight, Height);

/// <summary>Keys and values, each key once.</summary>
/// <param name="Location">Where the value begins.</param>
/// <param name="Entries">The keys with their values, in the order of the file.</param>
/// <param name="IsFlow">Whether it is written in braces.</param>
/// <param name="Weight">The values in it, itself included, aliases expanded.</param>
/// <param name="Height">The levels below and including it.</param>
internal sealed record YamlMapping(SourceLocation Location, IReadOnlyList<YamlEntry> Entries, bool IsFlow, int Weight, int Height)
    : YamlNode(Location, Weight, Height)
{
    /// <summary>The entry of a key; null if the key is not there.</summary>
    public YamlEntry? Find(string key) => Entries.FirstOrDefault(entry => entry.Key == key);
}

/// <summary>One key with its value.</summary>
/// <param name="KeyLocation">Where the key begins.</param>
/// <param name="Key">The key, as text.</param>
/// <param name="Value">Its value.</param>
internal sealed record YamlEntry(SourceLocation KeyLocation, string Key, YamlNode Value);
