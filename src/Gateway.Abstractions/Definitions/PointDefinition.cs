namespace Gateway.Abstractions.Definitions;

/// <summary>When a point's readings are published.</summary>
public enum ReportMode
{
    /// <summary>Every reading.</summary>
    Always,

    /// <summary>When the value left the deadband or the quality changed, and at each heartbeat.</summary>
    Change,
}

/// <summary>One point of a device map: what every driver's points have in common, and the driver's own keys. Immutable.</summary>
public sealed class PointDefinition
{
    /// <summary>The device that the point belongs to, by its name.</summary>
    public required string DeviceName { get; init; }

    /// <summary>Unique within the device; one topic level.</summary>
    public required string Name { get; init; }

    /// <summary>Time between two reads. More than zero.</summary>
    public required TimeSpan Every { get; init; }

    /// <summary>The unit of measurement, as it is published; null if there is none.</summary>
    public string? Unit { get; init; }

    /// <summary>value = raw × scale + offset, in decimal. Default 1.</summary>
    public decimal Scale { get; init; } = 1;

    /// <summary>value = raw × scale + offset, in the point's unit. Default 0.</summary>
    public decimal Offset { get; init; }

    /// <summary>When readings are published. Default always.</summary>
    public ReportMode Report { get; init; }

    /// <summary>A change smaller than this, in the point's unit, is none. Default 0.</summary>
    public decimal Deadband { get; init; }

    /// <summary>With <see cref="ReportMode.Change"/>: the longest silence.</summary>
    public TimeSpan Heartbeat { get; init; }

    /// <summary>Number → text that is published instead; null if there is none.</summary>
    public IReadOnlyDictionary<long, string>? Enumeration { get; init; }

    /// <summary>Whether commands may write the point. Default false.</summary>
    public bool Writable { get; init; }

    /// <summary>Whether the value can only grow: a smaller one is suppressed and counted. Default false.</summary>
    public bool Monotonic { get; init; }

    /// <summary>The smallest plausible value, in the point's unit: a smaller one is suppressed and counted. Null: no limit.</summary>
    public decimal? Minimum { get; init; }

    /// <summary>The largest plausible value, in the point's unit: a larger one is suppressed and counted. Null: no limit.</summary>
    public decimal? Maximum { get; init; }

    /// <summary>The driver's own keys, and the common ones for their places.</summary>
    public required Settings Settings { get; init; }

    /// <summary>Where the point stands in the map or in the profile.</summary>
    public SourceLocation Location => Settings.Location;

    /// <summary><c>device.point</c></summary>
    public override string ToString() => $"{DeviceName}.{Name}";
}
