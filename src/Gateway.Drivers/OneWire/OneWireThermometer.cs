using Gateway.Abstractions.Buses;
using Gateway.Drivers.Chips;
using Gateway.Linux.OneWire;

namespace Gateway.Drivers.OneWire;

/// <summary>A thermometer that w1_therm drives.</summary>
/// <param name="family">What it is.</param>
/// <param name="resolution">Bits of its values; null: as it is.</param>
internal sealed class OneWireThermometer(OneWireFamily family, int? resolution) : Chip<OneWirePort>
{
    /// <summary>Byte 6 at power-on. After a conversion a DS18B20 has 16 less the lowest four bits of the temperature there: 0x10 at 85 °C.</summary>
    private const byte ReservedAtPowerOn = 0x0C;

    /// <summary>The temperature register where the supply was too weak to convert.</summary>
    private const int WeakSupply = 0x07FF;

    /// <summary>A sensor that was so near to 85 °C before, in thousandths of a degree, may well have that now; imitations always have 0x0C in byte 6.</summary>
    private const int Near = 5000;

    private const int PowerOnMilliCelsius = 85000;

    private int? _last;

    public override IEnumerable<TimeSpan> SetUp(OneWirePort port)
    {
        if (resolution is { } bits)
        {
            port.SetResolution(bits);
        }

        yield break;
    }

    public override IEnumerable<TimeSpan> Measure(OneWirePort port, IReadOnlyList<int> asked, ChipValues values)
    {
        var pad = port.Measure();
        if (IsOfPowerOn(pad))
        {
            if (resolution is { } bits)
            {
                port.SetResolution(bits); // It has what its EEPROM says again.
            }

            pad = port.MeasureAgain(OneWireReasons.PowerOn);
            if (IsOfPowerOn(pad))
            {
                throw new BusException(
                    OneWireReasons.PowerOn,
                    "The sensor shows 85 °C as it does before it has measured, twice in a row: its supply fails while it converts; look at the wires, or give it a supply of its own instead of the data line's.");
            }
        }

        _last = pad.MilliCelsius;
        values.Set(0, pad.MilliCelsius / 1000m);
        yield break;
    }

    /// <summary>
    /// Whether a value comes of a lost supply and not of a measurement: the register is what it is then, byte 6 is untouched, and the sensor was not near 85 °C before.
    /// </summary>
    private bool IsOfPowerOn(Scratchpad pad)
    {
        var register = pad.Bytes[0] | pad.Bytes[1] << 8;
        return (register == family.PowerOnValue || register == WeakSupply)
            && pad.Bytes[6] == ReservedAtPowerOn
            && !(_last is { } last && Math.Abs(last - PowerOnMilliCelsius) <= Near);
    }
}
