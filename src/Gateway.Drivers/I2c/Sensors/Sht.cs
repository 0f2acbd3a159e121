using Gateway.Abstractions.Buses;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>
/// SHT3x and SHT4x: temperature and humidity, one measurement of high repeatability per read. They differ in the command and in the
/// arithmetic of the humidity. SHT3x-DIS datasheet §4.3, §4.13; SHT4x datasheet §4.5, §4.6.
/// </summary>
/// <param name="command">What begins a measurement.</param>
/// <param name="conversionTime">The longest that it takes.</param>
/// <param name="decodeHumidity">Raw value → percent of relative humidity.</param>
internal sealed class Sht(byte[] command, TimeSpan conversionTime, Func<ushort, decimal> decodeHumidity) : Chip<I2cPort>
{
    /// <summary>What they measure.</summary>
    public static readonly string[] Fields = ["temperature", "humidity"];

    /// <summary>An SHT30, SHT31 or SHT35: command 0x2400, no clock stretching; 15 ms.</summary>
    public static Sht Sht3x() => new([0x24, 0x00], TimeSpan.FromMilliseconds(15), raw => 100m * raw / 65_535);

    /// <summary>An SHT40, SHT41 or SHT45: command 0xFD; 8.3 ms. What is computed may lie outside 0 to 100 % at the edges.</summary>
    public static Sht Sht4x() => new([0xFD], TimeSpan.FromMilliseconds(8.3), raw => Math.Clamp((125m * raw / 65_535) - 6, 0, 100));

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        port.Write(command);
        yield return conversionTime;
        Decode(port.Read(6), values);
    }

    /// <summary>Temperature and humidity, each a word with its checksum.</summary>
    public void Decode(ReadOnlySpan<byte> answer, ChipValues values)
    {
        var temperature = Sensirion.Word(answer, 0);
        var humidity = Sensirion.Word(answer, 1);
        if (temperature is null && humidity is null)
        {
            throw Sensirion.Damaged();
        }

        Set(values, 0, temperature is { } t ? (175m * t / 65_535) - 45 : null);
        Set(values, 1, humidity is { } h ? decodeHumidity(h) : null);
    }

    private static void Set(ChipValues values, int field, decimal? value)
    {
        if (value is { } number)
        {
            values.Set(field, decimal.Round(number, 2));
        }
        else
        {
            values.Fail(field, BusReasons.Checksum);
        }
    }
}
