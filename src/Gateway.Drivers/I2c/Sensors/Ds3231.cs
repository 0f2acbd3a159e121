using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>DS3231: the temperature by which the clock corrects itself, measured every 64 s. DS3231 datasheet, registers 0x11 and 0x12.</summary>
internal sealed class Ds3231 : Chip<I2cPort>
{
    private const byte TemperatureRegister = 0x11;

    /// <summary>What it measures.</summary>
    public static string[] Fields => ["temperature"];

    /// <summary>Degrees Celsius: whole ones, and quarters in the two highest bits below.</summary>
    public static decimal Decode(ushort register) => ((short)register >> 6) / 4m;

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        values.Set(0, Decode(port.ReadWord(TemperatureRegister)));
        yield break;
    }
}
