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

    /// <summary>Bit → text: the texts of the bits that are set are published instead of the number, as a list; null if there are none.</summary>
    public IReadOnlyDictionary<int, string>? Flags { get; init; }

    /// <summary>Decimals that the published number is rounded to, half away from zero; null: not rounded.</summary>
    public int? Decimals { get; init; }

    /// <summary>Whether its readings overtake those of other points on their way upstream, as alarms do. Default false.</summary>
    public bool IsUrgent { get; init; }

    /// <summary>Whether commands may write the point. Default false.</summary>
    public bool Writable { get; init; }

    /// <summary>The smallest value that commands may write, in the point's unit. Null: <see cref="Minimum"/> is.</summary>
    public decimal? WriteMinimum { get; init; }

    /// <summary>The largest value that commands may write, in the point's unit. Null: <see cref="Maximum"/> is.</summary>
    public decimal? WriteMaximum { get; init; }

    /// <summary>Whether the value can only grow: a smaller one is suppressed and counted. Default false.</summary>
    public bool Monotonic { get; init; }

    /// <summary>The raw value at which the device's counter begins at 0 again: counting goes on upwards from there. Null: it does not.</summary>
    public decimal? RollOver { get; init; }

    /// <summary>
    /// The largest plausible change from one reading to the next, in the point's unit, as much more after a pause as readings are missing:
    /// a larger one is suppressed and counted. Null: no limit.
    /// </summary>
    public decimal? MaximumStep { get; init; }

    /// <summary>
    /// After so many readings in a row that <see cref="Monotonic"/> or <see cref="MaximumStep"/> suppressed, and that are plausible after
    /// one another, the last is taken: the meter was replaced or reset. Default 5.
    /// </summary>
    public int AcceptAfter { get; init; } = 5;

    /// <summary>The smallest plausible value, in the point's unit: a smaller one is suppressed and counted. Null: no limit.</summary>
    public decimal? Minimum { get; init; }

    /// <summary>The largest plausible value, in the point's unit: a larger one is suppressed and counted. Null: no limit.</summary>
    public decimal? Maximum { get; init; }

    /// <summary>How the value is made from other points of the device; null if it is read.</summary>
    public ICalculation? Calculation { get; init; }

    /// <summary>The driver's own keys, and the common ones for their places.</summary>
    public required Settings Settings { get; init; }

    /// <summary>Where the point stands in the map or in the profile.</summary>
    public SourceLocation Location => Settings.Location;

    /// <summary><c>device.point</c></summary>
    public override string ToString() => $"{DeviceName}.{Name}";
}
