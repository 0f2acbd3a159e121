namespace Gateway.Abstractions.Schema;

/// <summary>Values of a key that stand for profiles of the device library. Immutable.</summary>
/// <param name="Key">The device's key.</param>
/// <param name="Profiles">Value → profile: <c>nmea</c> → <c>nmea/receiver</c>.</param>
public sealed record NamedProfiles(string Key, IReadOnlyDictionary<string, string> Profiles);
