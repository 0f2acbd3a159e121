using Gateway.Abstractions.Definitions;

namespace Gateway.Abstractions;

/// <summary>One raw value as a driver read it. The time is that of the read and is never stamped anew.</summary>
/// <param name="Point">The point that was read.</param>
/// <param name="Value">The raw value, before scaling; <see cref="PointValue.None"/> if the read failed.</param>
/// <param name="Time">When it was acquired, UTC.</param>
/// <param name="Quality">How far it may be trusted.</param>
/// <param name="Reason">Why it is not good, a short lower-case term such as <c>timeout</c>; null if it is.</param>
public readonly record struct Reading(PointDefinition Point, PointValue Value, DateTimeOffset Time, Quality Quality, string? Reason)
{
    /// <summary>A value that was read without a fault.</summary>
    public static Reading Good(PointDefinition point, PointValue value, DateTimeOffset time) => new(point, value, time, Quality.Good, null);

    /// <summary>A read that failed.</summary>
    public static Reading Bad(PointDefinition point, string reason, DateTimeOffset time) => new(point, PointValue.None, time, Quality.Bad, reason);
}
