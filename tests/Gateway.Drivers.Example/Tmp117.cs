namespace Gateway.Drivers.Example;

/// <summary>What the datasheet of the TMP117 (Texas Instruments SNOSD82) says of its registers. Pure.</summary>
internal static class Tmp117
{
    /// <summary>The addresses that ADD0 chooses, §7.5.3.1.1.</summary>
    public const int FirstAddress = 0x48, LastAddress = 0x4B;

    /// <summary>The register with the last temperature, §7.6.2.</summary>
    public const byte TemperatureRegister = 0x00;

    /// <summary>The register that says which chip it is, §7.6.11: 0x117 below four bits of revision.</summary>
    public const byte DeviceIdRegister = 0x0F;

    /// <summary>
    /// Degrees Celsius of a temperature register: two's complement, high byte first, 7.8125 m°C each, §7.3.1. Null until the first
    /// conversion after power-up is done: −256 °C, §7.6.2.
    /// </summary>
    public static decimal? ToCelsius(ReadOnlySpan<byte> register) =>
        (short)(register[0] << 8 | register[1]) is var steps and not short.MinValue ? steps * 0.0078125m : null;

    /// <summary>Whether a device id register is that of a TMP117.</summary>
    public static bool IsTmp117(ReadOnlySpan<byte> register) => (register[0] & 0x0F) == 0x01 && register[1] == 0x17;
}
