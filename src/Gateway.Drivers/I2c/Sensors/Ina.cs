using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>
/// INA219 and INA226: the voltage of a bus and the current through a shunt, measured all the time. Current and power are reckoned
/// from the two voltages, so that nothing is lost to the chip's own scaling of them. SBOS448, SBOS547.
/// </summary>
internal sealed class Ina : Chip<I2cPort>
{
    private const byte ConfigurationRegister = 0;
    private const byte ShuntRegister = 1;
    private const byte BusRegister = 2;
    private const byte DieRegister = 0xFF;

    private readonly decimal _shuntOhms;
    private readonly bool _is226;

    private Ina(DeviceDefinition device, bool is226)
    {
        _shuntOhms = device.Settings.Get<decimal>("shunt");
        _is226 = is226;
    }

    /// <summary>What they measure: volts, amperes, watts, volts.</summary>
    public static string[] Fields => ["voltage", "current", "power", "shunt_voltage"];

    public static Ina Of219(DeviceDefinition device) => new(device, is226: false);

    public static Ina Of226(DeviceDefinition device) => new(device, is226: true);

    /// <summary>Whether it is an INA226: die 0x226. The maker's id stands where an HTU21D has its reset. SBOS547 §7.6.</summary>
    public static bool Recognise226(I2cPort port) => port.ReadWord(DieRegister) >> 4 == 0x226;

    public override IEnumerable<TimeSpan> SetUp(I2cPort port)
    {
        if (_is226 && !Recognise226(port))
        {
            throw WrongChip.At("an INA226", "its die id is another");
        }

        // As after power-up: 32 V and 320 mV at 12 bits, continuous; of an INA226 16 averages of 1.1 ms each.
        port.WriteWord(ConfigurationRegister, _is226 ? (ushort)0x4527 : (ushort)0x399F);
        yield return TimeSpan.FromMilliseconds(_is226 ? 36 : 2);
    }

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        Decode(port.ReadWord(ShuntRegister), port.ReadWord(BusRegister), values);
        yield break;
    }

    /// <summary>
    /// INA219: 10 µV, and 4 mV above three bits of which the lowest is the overflow of its own reckoning. INA226: 2.5 µV and 1.25 mV.
    /// </summary>
    public void Decode(ushort shunt, ushort bus, ChipValues values)
    {
        var shuntVolts = (short)shunt * (_is226 ? 0.0000025m : 0.00001m);
        var volts = _is226 ? bus * 0.00125m : (bus >> 3) * 0.004m;
        values.Set(0, volts);
        values.Set(3, shuntVolts);
        if ((short)shunt is short.MinValue or short.MaxValue || (!_is226 && (short)shunt is >= 32_000 or <= -32_000))
        {
            values.Fail(1, ChipReasons.OverRange);
            values.Fail(2, ChipReasons.OverRange);
            return;
        }

        var amperes = shuntVolts / _shuntOhms;
        values.Set(1, decimal.Round(amperes, 6));
        values.Set(2, decimal.Round(amperes * volts, 6));
    }
}
