namespace Gateway.Drivers.OneWire;

/// <summary>Why a sensor gave no value, beside the reasons of every bus. People write rules on these terms: they never change.</summary>
internal static class OneWireReasons
{
    /// <summary>The sensor shows 85 °C because it has just got its supply, and has not measured.</summary>
    public const string PowerOn = "power-on";
}
