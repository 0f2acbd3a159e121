using System.Buffers.Binary;
using System.Globalization;
using Gateway.Abstractions.Buses;
using Gateway.Drivers.Chips;
using Gateway.Drivers.I2c.Sensors;

namespace Gateway.Drivers.Tests.I2c;

/// <summary>What datasheets give as examples, chip by chip.</summary>
public class SensorVectorTests
{
    // HTU21D datasheet (HPC199), CRC examples, and the values that its figures give for the words.
    [Theory]
    [InlineData(0, "683A7C", 24.7)]
    [InlineData(1, "4E856B", 32.3)]
    public void Htu21d(int field, string answer, double value)
    {
        var values = new ChipValues(2);
        Htu21.Decode(field, Convert.FromHexString(answer), values);
        Assert.Equal((decimal)value, decimal.Round(values.Get(field, out _).AsDecimal, 1));

        Htu21.Decode(field, Convert.FromHexString(answer[..4] + "00"), values);
        values.Get(field, out var reason);
        Assert.Equal(BusReasons.Checksum, reason);
    }

    // SHT21 datasheet version 4, §6.1: 0110 0011 0101 00 is 42.5 %.
    [Fact]
    public void Sht21()
    {
        var values = new ChipValues(2);
        Htu21.Decode(1, [0x63, 0x52, 0x64], values); // the checksum by Python, as the polynomial of §6.4 is divided
        Assert.Equal(42.49m, values.Get(1, out _).AsDecimal);
    }

    // AHT20 datasheet §6: the formulas at a quarter, a half and three quarters of the scale; the checksums of §5.4.4 computed in Python.
    [Theory]
    [InlineData("1C8000080000B9", 50, 50)]
    [InlineData("1C4000040000B0", 0, 25)]
    [InlineData("1CC0000C000051", 100, 75)]
    [InlineData("1C80000600004E", 25, 50)]
    public void Aht20OfItsFormula(string answer, double temperature, double humidity)
    {
        var bytes = Convert.FromHexString(answer);
        var values = new ChipValues(2);
        Aht20.Decode(bytes, values);

        Assert.Equal((decimal)temperature, values.Get(0, out _).AsDecimal);
        Assert.Equal((decimal)humidity, values.Get(1, out _).AsDecimal);
        Assert.Equal(BusReasons.Checksum, Assert.Throws<BusException>(() => Aht20.Decode([.. bytes[..6], (byte)(bytes[6] ^ 1)], values)).Reason);
    }

    // MCP9808 datasheet (DS20005095), equation 5-1 and register 5-4; the flags above bit 12 do not count.
    [Theory]
    [InlineData(0x0194, 25.25)]
    [InlineData(0xC194, 25.25)]
    [InlineData(0x0550, 85)]
    [InlineData(0x0000, 0)]
    [InlineData(0x1FFF, -0.0625)]
    [InlineData(0x1D80, -40)]
    public void Mcp9808OfItsFormula(int register, double degrees) => Assert.Equal((decimal)degrees, Mcp9808.Decode((ushort)register));

    // ADS1115 datasheet (SBAS444), table 4: the ideal codes of a signal.
    [Theory]
    [InlineData(0x0001, "2.048", 0.0000625)]
    [InlineData(0x0000, "2.048", 0)]
    [InlineData(0xFFFF, "2.048", -0.0000625)]
    [InlineData(0x4000, "4.096", 2.048)]
    [InlineData(0xC000, "0.256", -0.128)]
    [InlineData(0x7FFE, "6.144", 6.143625)]
    [InlineData(0x7FF0, "2.048", 2.047)] // the end of an ADS1015's scale, not of this one
    public void Ads1115OfItsTable(int code, string range, double volts)
    {
        var values = new ChipValues(8);
        Ads1115.Decode(4, (ushort)code, range, Ads1115.HighestOf16Bits, values);
        Assert.Equal((decimal)volts, values.Get(4, out _).AsDecimal);
    }

    [Theory]
    [InlineData(0x7FFF, Ads1115.HighestOf16Bits)]
    [InlineData(0x8000, Ads1115.HighestOf16Bits)]
    [InlineData(0x7FF0, Ads1115.HighestOf12Bits)]
    [InlineData(0x8000, Ads1115.HighestOf12Bits)]
    public void A_signal_beyond_the_range_is_no_value(int code, ushort highest)
    {
        var values = new ChipValues(8);
        Ads1115.Decode(4, (ushort)code, "2.048", highest, values);
        values.Get(4, out var reason);
        Assert.Equal("over-range", reason);
    }

    // INA219 datasheet (SBOS448) §8.5.1: 10 A through 2 mΩ at 11.98 V; INA226 datasheet (SBOS547), table 7: the same.
    [Theory]
    [InlineData("ina219", 0x07D0, 0x5D98)]
    [InlineData("ina226", 0x1F40, 0x2570)]
    public async Task Ina(string sensor, int shunt, int bus)
    {
        await using var map = new I2cMap($"bus: {{ i2c: 1 }}\ndevices: [{{ name: battery, sensor: {sensor}, shunt: 0.002 }}]\n");
        map.Hardware[0x40] = new SimulatedWords { Registers = { [1] = (ushort)shunt, [2] = (ushort)bus, [0xFF] = 0x2260 } };

        await map.ReadAsync("battery");

        Assert.Equal(("11.98", "10", "119.8", "0.02"), (map["voltage"], map["current"], map["power"], map["shunt_voltage"]));
    }

    // SBOS448, table 7: 0x8300 is −320 mV, the end of the scale.
    [Fact]
    public async Task A_current_beyond_the_shunts_scale_is_no_value()
    {
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: battery, sensor: ina219 }]\n");
        map.Hardware[0x40] = new SimulatedWords { Registers = { [1] = 0x8300, [2] = 0x5D98 } };

        await map.ReadAsync("battery");

        Assert.Equal(("11.98", "over-range", "over-range", "-0.32"), (map["voltage"], map["current"], map["power"], map["shunt_voltage"]));
    }

    // BH1750FVI technical note (ROHM), "How to calculate": 1000_0011_1001_0000 is 28067 lx.
    [Fact]
    public void Bh1750OfItsNote() => Assert.Equal(28067m, decimal.Round(Bh1750.Decode(0b1000_0011_1001_0000)));

    [Fact]
    public async Task A_light_beyond_the_counter_is_no_value()
    {
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: sun, sensor: bh1750 }]\n");
        map.Hardware[0x23] = new SimulatedCommands(new() { ["20"] = [0xFF, 0xFF] }, TimeProvider.System, TimeSpan.Zero);

        await map.ReadAsync("sun");

        Assert.Equal("over-range", map["illuminance"]);
    }

    // Interface Description Sensirion SCD30 §1.4.5: 439.09 ppm (where it is cut off, not rounded), 27.2 °C, 48.8 %.
    [Fact]
    public void Scd30OfItsDescription()
    {
        var scd = new Scd30(ChipLoad.Context);
        var answer = Convert.FromHexString("43DBCB8C2E8F41D970E7FFF54243BF3A1B74");

        Assert.Equal([439.1m, 27.24m, 48.81m], scd.Decode(answer));
        answer[4] ^= 1;
        Assert.Equal(BusReasons.Checksum, Assert.Throws<BusException>(() => scd.Decode(answer)).Reason);
    }

    // Datasheet SCD4x §3.5.2: 500 ppm, 25 °C, 37 %.
    [Fact]
    public void Scd4xOfItsDatasheet() => Assert.Equal(
        [500m, 25m, 37m], new Scd4x(ChipLoad.Context).Decode(Convert.FromHexString("01F4336667A25EB93C")).Select(value => decimal.Round(value, 1)));

    // DS3231 datasheet, temperature registers: 00011001 01b is +25.25 °C.
    [Theory]
    [InlineData(0x1940, 25.25)]
    [InlineData(0xE700, -25)]
    [InlineData(0xFFC0, -0.25)]
    public void Ds3231OfItsDatasheet(int register, double degrees) => Assert.Equal((decimal)degrees, Ds3231.Decode((ushort)register));

    [Fact]
    public async Task Inputs_of_an_ads1115_have_ranges_of_their_own()
    {
        await using var map = new I2cMap("""
            bus: { i2c: 1 }
            devices:
              - name: adc
                sensor: ads1115
                points:
                  tank: { field: ain1, range: 1.024, unit: V, scale: 100 }
                  bridge: { field: ain2-ain3, range: 0.256 }
                  supply: { field: ain0 }
            """);
        var chip = new SimulatedAds();
        map.Hardware[0x48] = chip;

        await map.ReadAsync("adc");

        // SBAS444 table 8: OS, MUX, PGA, MODE, DR 128 SPS, comparator off.
        Assert.Equal(["BB83", "C383", "D783"], chip.Started.Order());
        Assert.Equal(("0.512", "0.128", "2.048"), (map["tank"], map["bridge"], map["supply"]));
    }

    /// <summary>Every input is at half of its range.</summary>
    private sealed class SimulatedAds : ISimulatedChip
    {
        private byte _register;
        private int _polls;

        public List<string> Started { get; } = [];

        public bool Write(ReadOnlySpan<byte> bytes)
        {
            _register = bytes[0];
            if (bytes.Length == 3)
            {
                Started.Add(Convert.ToHexString(bytes[1..]));
                _polls = 0;
            }

            return true;
        }

        public bool Read(Span<byte> bytes)
        {
            var value = _register == 0 ? 0x4000 : int.Parse(Started[^1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (_polls++ > 1 ? 0xFFFF : 0x7FFF);
            BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
            return true;
        }
    }
}
