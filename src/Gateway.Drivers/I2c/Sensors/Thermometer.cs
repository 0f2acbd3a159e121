using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>
/// Chips that measure temperature all the time and have it in one register of 16 bits: LM75 and TMP102.
/// </summary>
/// <param name="shift">The bits below the value.</param>
/// <param name="unitsPerDegree">The value's units of a degree.</param>
internal sealed class Thermometer(int shift, int unitsPerDegree) : Chip<I2cPort>
{
    /// <summary>What they measure.</summary>
    public static readonly string[] Fields = ["temperature"];

    private const byte TemperatureRegister = 0;

    /// <summary>
    /// An LM75 of any maker: 9 bits of half a degree, and up to 11 of an eighth in later ones, which the others leave at 0. LM75B
    /// datasheet (NXP) §7.4.3.
    /// </summary>
    public static Thermometer Lm75() => new(5, 8);

    /// <summary>A TMP102 in its normal mode: 12 bits of a sixteenth of a degree. SBOS397 §7.3.1.</summary>
    public static Thermometer Tmp102() => new(4, 16);

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        values.Set(0, Decode(port.ReadWord(TemperatureRegister)));
        yield break;
    }

    /// <summary>Degrees Celsius.</summary>
    public decimal Decode(ushort register) => ((short)register >> shift) / (decimal)unitsPerDegree;
}
