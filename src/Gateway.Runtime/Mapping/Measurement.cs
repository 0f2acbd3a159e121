using Gateway.Abstractions;

namespace Gateway.Runtime.Mapping;

/// <summary>One value as it is published: scaled, with its unit. The time is that of the read.</summary>
/// <param name="Device">The device's name, a topic level.</param>
/// <param name="Point">The point's name, a topic level.</param>
/// <param name="Value">The value after scaling; <see cref="PointValue.None"/> if the read failed.</param>
/// <param name="Time">When it was acquired, UTC.</param>
/// <param name="Quality">How far it may be trusted.</param>
/// <param name="Reason">Why it is not good, a short lower-case term; null if it is.</param>
/// <param name="Unit">The unit of measurement; null if there is none.</param>
public readonly record struct Measurement(
    string Device, string Point, PointValue Value, DateTimeOffset Time, Quality Quality, string? Reason, string? Unit);
