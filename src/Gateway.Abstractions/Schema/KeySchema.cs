namespace Gateway.Abstractions.Schema;

/// <summary>One key of a file that people write: enough to check it, to complete it in an editor and to document it. Immutable.</summary>
public sealed record KeySchema
{
    /// <summary>The key as it is written: lower case, words joined by hyphens.</summary>
    public required string Name { get; init; }

    /// <summary>What the value may be.</summary>
    public required KeyType Type { get; init; }

    /// <summary>One sentence for the reference.</summary>
    public required string Description { get; init; }

    /// <summary>The value if the key is left out, in the type that <see cref="KeyType"/> names; null: there is none.</summary>
    public object? Default { get; init; }

    /// <summary>Whether leaving the key out is an error. Default false.</summary>
    public bool Required { get; init; }

    /// <summary>The smallest value allowed: of a number itself, of a duration in seconds, of a size in bytes.</summary>
    public decimal? Minimum { get; init; }

    /// <summary>The largest value allowed: of a number itself, of a duration in seconds, of a size in bytes.</summary>
    public decimal? Maximum { get; init; }

    /// <summary>The texts that a <see cref="KeyType.Choice"/> allows. A <see cref="KeyType.Duration"/> or <see cref="KeyType.Text"/> may have some too, beside its own values (then <c>Settings</c> holds the string).</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The keys below a <see cref="KeyType.Section"/>, below each name of a <see cref="KeyType.SectionMap"/>, or below each item of a <see cref="KeyType.SectionList"/>.</summary>
    public SectionSchema? Section { get; init; }

    /// <summary>Of a <see cref="KeyType.File"/>: how the name of a file beside it ends that is read too, in place of its own ending. Null: there is none.</summary>
    public string? Companion { get; init; }

    /// <summary>The unit of measurement of a number, for the reference.</summary>
    public string? Unit { get; init; }

    /// <summary>What to add to an error about the value where people take the key for another; no full stop at the end. Null: nothing.</summary>
    public string? Hint { get; init; }

    /// <summary>One value as it would be written, for the reference.</summary>
    public string? Example { get; init; }
}
