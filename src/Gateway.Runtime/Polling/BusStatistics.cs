namespace Gateway.Runtime.Polling;

/// <summary>What a bus did since it was started.</summary>
/// <param name="Polls">Reads that were answered.</param>
/// <param name="Failures">Reads that were not.</param>
/// <param name="Missed">Reads left out since the bus could not keep up.</param>
/// <param name="Writes">Writes carried out or refused.</param>
/// <param name="Utilisation">The share of time that the bus was busy, 0 to 1.</param>
/// <param name="Lateness">How long after its deadline the last read began.</param>
public sealed record BusStatistics(long Polls, long Failures, long Missed, long Writes, double Utilisation, TimeSpan Lateness);
