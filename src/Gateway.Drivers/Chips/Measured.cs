using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Chips;

/// <summary>A measurement that is over.</summary>
/// <param name="Outcome">How far it came.</param>
/// <param name="Time">When its values were taken, UTC.</param>
/// <param name="Timestamp">The same on the monotonic clock.</param>
internal readonly record struct Measured(ReadOutcome Outcome, DateTimeOffset Time, long Timestamp);
