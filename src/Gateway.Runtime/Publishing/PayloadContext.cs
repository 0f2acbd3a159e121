using Gateway.Runtime.Mapping;

namespace Gateway.Runtime.Publishing;

/// <summary>What a payload tells of one queue record.</summary>
/// <param name="Site">The site.</param>
/// <param name="Device">The device.</param>
/// <param name="Time">When it was acquired, UTC.</param>
/// <param name="Id">The key: gateway, boot, sequence.</param>
/// <param name="IsBacklog">Whether it is from before the connection.</param>
/// <param name="IsUnsynchronised">Whether the time cannot be believed.</param>
/// <param name="Measurements">One of a point, or one poll of a device.</param>
public readonly record struct PayloadContext(
    string Site, string Device, DateTimeOffset Time, string Id, bool IsBacklog, bool IsUnsynchronised, IReadOnlyList<Measurement> Measurements);
