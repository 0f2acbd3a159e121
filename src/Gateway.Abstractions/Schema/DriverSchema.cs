namespace Gateway.Abstractions.Schema;

/// <summary>What the maps of one driver may say. Immutable.</summary>
public sealed record DriverSchema
{
    /// <summary>The key in <c>bus:</c> that selects the driver; its name everywhere else.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence for the reference.</summary>
    public required string Description { get; init; }

    /// <summary>The selecting key itself: <c>modbus</c>, a choice of <c>rtu</c> and <c>tcp</c>.</summary>
    public required KeySchema Selector { get; init; }

    /// <summary>
    /// The other keys of <c>bus:</c>, by the selecting key's value. A driver whose keys do not depend on it has one entry, under the empty string.
    /// </summary>
    public required IReadOnlyDictionary<string, SectionSchema> Bus { get; init; }

    /// <summary>
    /// Values of a device's key that stand for profiles of the device library: a device that has the key and names no profile is made from that one.
    /// Null: there are none.
    /// </summary>
    public NamedProfiles? NamedProfiles { get; init; }

    /// <summary>The keys that a device has beside <c>name</c>, <c>profile</c>, <c>every</c> and <c>points</c>.</summary>
    public required SectionSchema Device { get; init; }

    /// <summary>Whether a device may name no points, and has those of <c>IDriver.FindPoints</c> then. Default false.</summary>
    public bool FindsPoints { get; init; }

    /// <summary>The keys that a point has beside those that every driver's points have.</summary>
    public required SectionSchema Point { get; init; }
}
