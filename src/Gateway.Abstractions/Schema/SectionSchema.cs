namespace Gateway.Abstractions.Schema;

/// <summary>The keys that belong together at one place of a file. Immutable.</summary>
public sealed record SectionSchema
{
    /// <summary>What the section is called in an error: <c>a modbus point</c>, <c>the uplink</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The keys that are allowed. Any other is an error.</summary>
    public required IReadOnlyList<KeySchema> Keys { get; init; }

    /// <summary>Sets of keys of which exactly one must be there.</summary>
    public IReadOnlyList<IReadOnlyList<string>> ExactlyOneOf { get; init; } = [];

    /// <summary>Keys that people try here, each with what to do instead: the end of a sentence, without full stop.</summary>
    public IReadOnlyDictionary<string, string> Instead { get; init; } = new Dictionary<string, string>();
}
