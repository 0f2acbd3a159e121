namespace Gateway.Drivers.Chips;

/// <summary>Why a field of a chip that answers has no value, as it is published. People write rules on these terms: they never change.</summary>
internal static class ChipReasons
{
    /// <summary>The input is beyond what the chip can measure.</summary>
    public const string OverRange = "over-range";

    /// <summary>Nothing is connected to the input.</summary>
    public const string OpenCircuit = "open-circuit";

    /// <summary>The input touches ground or the supply.</summary>
    public const string ShortCircuit = "short-circuit";

    /// <summary>The chip has forgotten what it was set to, as after a loss of its supply.</summary>
    public const string Reset = "chip-reset";

    /// <summary>A register of the chip does not hold what the map's set-up has written to it.</summary>
    public const string SetUpFailed = "set-up-failed";

    /// <summary>The chip says that something is wrong with its input.</summary>
    public const string Fault = "sensor-fault";
}
