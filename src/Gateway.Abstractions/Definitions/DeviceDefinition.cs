namespace Gateway.Abstractions.Definitions;

/// <summary>One device of a device map with its points, those of its profile included. Immutable.</summary>
public sealed class DeviceDefinition
{
    /// <summary>Unique over all maps; one topic level.</summary>
    public required string Name { get; init; }

    /// <summary>The profile of the device library that it was made from, for example <c>eastron/sdm630</c>; null if it has none.</summary>
    public string? Profile { get; init; }

    /// <summary>The driver's own keys, and the common ones for their places.</summary>
    public required Settings Settings { get; init; }

    /// <summary>The points that are read, in the order of the file. At least one.</summary>
    public required IReadOnlyList<PointDefinition> Points { get; init; }

    /// <summary>The points that are calculated from others, each after those that it needs.</summary>
    public IReadOnlyList<PointDefinition> Calculated { get; init; } = [];

    /// <summary>All points: those that are read, then those that are calculated.</summary>
    public IEnumerable<PointDefinition> AllPoints => Points.Concat(Calculated);

    /// <summary>Where the device stands in the map.</summary>
    public SourceLocation Location => Settings.Location;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
