namespace Gateway.Runtime.Polling;

/// <summary>Whether a device answers, since when, and why not.</summary>
/// <param name="IsOnline">Whether its last read was answered.</param>
/// <param name="Since">When that became so, UTC.</param>
/// <param name="Reason">Why it is offline, a short lower-case term; null if it is online.</param>
public sealed record DeviceState(bool IsOnline, DateTimeOffset Since, string? Reason);
