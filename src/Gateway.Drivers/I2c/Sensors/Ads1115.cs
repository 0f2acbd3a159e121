using System.Globalization;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>
/// ADS1115 and ADS1015: voltages of four inputs against ground and of four pairs, one conversion each. SBAS444 §9.6, SBAS473 §9.6.
/// </summary>
internal sealed class Ads1115 : Chip<I2cPort>
{
    private const byte ConversionRegister = 0;
    private const byte ConfigurationRegister = 1;
    private const ushort Start = 0x8000; // read: the conversion is over
    private const ushort SingleShot = 0x0100;
    private const ushort UsualRate = 4 << 5; // 128 a second, of an ADS1015 1600
    private const ushort ComparatorOff = 3;
    private const int MaxTries = 10;

    /// <summary>The ends of the scales.</summary>
    public const ushort HighestOf16Bits = 0x7FFF, HighestOf12Bits = 0x7FF0;

    private readonly TimeSpan _conversionTime;
    private readonly ushort _highest;
    private readonly int[] _gains;

    /// <param name="device">The device, whose points say their ranges.</param>
    /// <param name="conversionTime">The longest time of one conversion: the oscillator may be a tenth slow.</param>
    /// <param name="highest">The end of the scale.</param>
    private Ads1115(DeviceDefinition device, TimeSpan conversionTime, ushort highest)
    {
        _highest = highest;
        _conversionTime = conversionTime;
        _gains = [.. Enumerable.Repeat(Array.IndexOf(Ranges, DefaultRange), Fields.Length)];
        foreach (var point in device.Points)
        {
            _gains[Array.IndexOf(Fields, point.Settings.Get<string>(ChipKeys.Field))] = Array.IndexOf(Ranges, point.Settings.Get<string>("range"));
        }
    }

    /// <summary>The inputs, in the order of the multiplexer's settings. Table 8, bits 14:12.</summary>
    public static string[] Fields { get; } = ["ain0-ain1", "ain0-ain3", "ain1-ain3", "ain2-ain3", "ain0", "ain1", "ain2", "ain3"];

    /// <summary>Full scales in volts, in the order of the amplifier's settings. Table 8, bits 11:9.</summary>
    public static string[] Ranges { get; } = ["6.144", "4.096", "2.048", "1.024", "0.512", "0.256"];

    /// <summary>The full scale that reaches beyond a supply of 3.3 V.</summary>
    public const string DefaultRange = "4.096";

    /// <summary>An ADS1115: 16 bits in 8 ms.</summary>
    public static Ads1115 Of16Bits(DeviceDefinition device) => new(device, TimeSpan.FromMilliseconds(8.6), HighestOf16Bits);

    /// <summary>An ADS1015: 12 bits in 0.7 ms, left-justified.</summary>
    public static Ads1115 Of12Bits(DeviceDefinition device) => new(device, TimeSpan.FromMilliseconds(0.7), HighestOf12Bits);

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        foreach (var field in asked)
        {
            port.WriteWord(ConfigurationRegister, (ushort)(Start | (field << 12) | (_gains[field] << 9) | SingleShot | UsualRate | ComparatorOff));
            yield return _conversionTime;
            for (var tries = 0; (port.ReadWord(ConfigurationRegister) & Start) == 0; tries++)
            {
                if (tries == MaxTries)
                {
                    throw new BusException(BusReasons.NotReady, "The converter converts for longer than it may.");
                }

                yield return TimeSpan.FromMilliseconds(1);
            }

            Decode(field, port.ReadWord(ConversionRegister), Ranges[_gains[field]], _highest, values);
        }
    }

    /// <summary>Volts; a signal beyond the range gives the ends of the scale. §9.5.4.</summary>
    public static void Decode(int field, ushort conversion, string range, ushort highest, ChipValues values)
    {
        if (conversion == highest || conversion == 0x8000)
        {
            values.Fail(field, ChipReasons.OverRange);
            return;
        }

        values.Set(field, (short)conversion * decimal.Parse(range, CultureInfo.InvariantCulture) / 32_768);
    }
}
