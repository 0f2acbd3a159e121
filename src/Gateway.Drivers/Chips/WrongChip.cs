using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.Chips;

/// <summary>Another chip answers than the map says.</summary>
internal static class WrongChip
{
    /// <param name="expected">What the map says: <c>a BME280</c>.</param>
    /// <param name="found">What was found, half a sentence.</param>
    public static BusException At(string expected, string found) => new(
        BusReasons.WrongChip, $"The chip is not {expected} as the map says: {found}.");
}
