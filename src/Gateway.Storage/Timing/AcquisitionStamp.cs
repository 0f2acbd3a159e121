namespace Gateway.Storage.Timing;

/// <summary>When something was acquired.</summary>
/// <param name="Time">In UTC, as far as it is known.</param>
/// <param name="Uptime">Since the machine's start.</param>
/// <param name="IsSynchronised">Whether <paramref name="Time"/> can be believed.</param>
public readonly record struct AcquisitionStamp(DateTimeOffset Time, TimeSpan Uptime, bool IsSynchronised);
