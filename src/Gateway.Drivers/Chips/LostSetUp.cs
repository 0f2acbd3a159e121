using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.Chips;

/// <summary>A chip is not as it was set up. It is set up anew before its next read.</summary>
internal static class LostSetUp
{
    /// <param name="found">What was found, half a sentence.</param>
    public static BusException Of(string found) => new(ChipReasons.Reset, $"The chip is not as it was set up, as after a loss of its supply: {found}.");
}
