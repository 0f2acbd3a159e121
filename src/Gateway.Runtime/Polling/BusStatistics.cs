namespace Gateway.Runtime.Polling;

/// <summary>What a bus does.</summary>
/// <param name="Polls">Reads that were answered, since the start.</param>
/// <param name="Failures">Reads that were not, since the start.</param>
/// <param name="Missed">Reads left out since the bus could not keep up, since the start.</param>
/// <param name="Writes">Writes carried out or refused, since the start.</param>
/// <param name="Utilisation">The share of the last minute that the bus was busy, 0 to 1.</param>
/// <param name="Lateness">How long after they were due the reads of the last minute began.</param>
public sealed record BusStatistics(long Polls, long Failures, long Missed, long Writes, double Utilisation, Lateness Lateness);

/// <summary>How long after they were due reads began; an eighth more than it was at most, but for the maximum, which is exact.</summary>
/// <param name="Median">Half of them were no later.</param>
/// <param name="P99">99 of 100 were no later.</param>
/// <param name="Maximum">The latest.</param>
public sealed record Lateness(TimeSpan Median, TimeSpan P99, TimeSpan Maximum);
