using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Chips;
using Gateway.Drivers.I2c.Sensors;

namespace Gateway.Drivers.Tests.I2c;

public class BoschTests
{
    private static readonly BoschCalibration Example = BoschCalibration.Read(
        Convert.FromHexString("706B436718FC7D8E43D6D00B270B8C00F9FF8C3CF8C67017004B"), Convert.FromHexString("6A01001304001E"));

    // BST-BMP280-DS001 §3.12, the calculation example for the 64-bit formula.
    [Fact]
    public void The_example_of_the_datasheet()
    {
        Assert.Equal((27504, 26435, -1000), ((int)Example.T1, (int)Example.T2, (int)Example.T3));
        Assert.Equal(
            [36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000],
            new int[] { Example.P1, Example.P2, Example.P3, Example.P4, Example.P5, Example.P6, Example.P7, Example.P8, Example.P9 });
        var fine = Example.FineTemperature(519_888);

        Assert.Equal(128_422, fine);
        Assert.Equal(25.08m, BoschCalibration.Temperature(fine));

        // The figure has 25767236, computed in floating point; the formula in integers gives 3 less, a hundredth of a pascal.
        Assert.Equal(25_767_233m / 256, Example.Pressure(415_148, fine));
    }

    // BST-BME280-DS001 table 16: the two values of 12 bits that share a byte.
    [Theory]
    [InlineData("6A01001304001E", 362, 0, 308, 0, 30)]
    [InlineData("7101001F F5 0C EC", 369, 0, 0x1F5, 0xCF, -20)]
    [InlineData("7101008F F5 FC EC", 369, 0, -0x70B, -0x31, -20)]
    public void The_humidity_calibration_is_packed(string registers, int h2, int h3, int h4, int h5, int h6)
    {
        var calibration = BoschCalibration.Read(new byte[26], Convert.FromHexString(registers.Replace(" ", "", StringComparison.Ordinal)));

        Assert.Equal((h2, h3, h4, h5, h6), (calibration.H2, (int)calibration.H3, calibration.H4, calibration.H5, calibration.H6));
    }

    // The datasheet gives the humidity in floating point too, BST-BME280-DS001 §8.1: two ways to one number.
    [Theory]
    [InlineData(519_888, 0x6633)]
    [InlineData(519_888, 0x8A00)]
    [InlineData(480_000, 0x5000)]
    [InlineData(560_000, 0x7000)]
    [InlineData(519_888, 0x0100)]
    [InlineData(519_888, 0xFF00)]
    public void The_integer_humidity_is_that_in_floating_point(int rawTemperature, int raw)
    {
        var fine = Example.FineTemperature(rawTemperature);
        var x = fine - 76_800.0;
        x = (raw - ((Example.H4 * 64.0) + (Example.H5 / 16_384.0 * x)))
            * (Example.H2 / 65_536.0 * (1 + (Example.H6 / 67_108_864.0 * x * (1 + (Example.H3 / 67_108_864.0 * x)))));
        var expected = Math.Clamp(x * (1 - (Example.H1 * x / 524_288.0)), 0, 100);

        Assert.Equal(expected, (double)Example.Humidity(raw, fine), 0.02);
    }

    [Fact]
    public void What_was_not_measured_has_no_value()
    {
        var values = new ChipValues(3);
        values.Clear();

        Bosch.Decode([0x80, 0, 0, 0x80, 0, 0, 0x80, 0], Example, values);

        for (var field = 0; field < 3; field++)
        {
            values.Get(field, out var reason);
            Assert.Equal("not-ready", reason);
        }
    }

    [Fact]
    public async Task A_sensor_is_read()
    {
        await using var map = new I2cMap("""
            bus: { i2c: 1 }
            devices: [{ name: attic, sensor: bme280, address: 0x77, every: 30 s, points: { temperature: { offset: -1.5 } } }]
            """);
        var sensor = new SimulatedBosch(0x60);
        map.Hardware[0x77] = sensor;

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("attic"));
        Assert.Equal(("25.08", "1006.53"), (map["temperature"], map["pressure"]));
        Assert.InRange(decimal.Parse(map["humidity"], System.Globalization.CultureInfo.InvariantCulture), 1, 99);
        Assert.Equal(["temperature", "humidity", "pressure"], map.Sink.All.Select(reading => reading.Point.Name));
        Assert.Equal((-1.5m, "°C"), (map.Sink["temperature"].Point.Offset, map.Sink["temperature"].Point.Unit));
    }

    [Fact]
    public async Task Another_chip_is_not_taken_for_the_sensor()
    {
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: attic, sensor: bme280 }]\n");
        map.Hardware[0x76] = new SimulatedBosch(0x58);

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "wrong-chip"), await map.ReadAsync("attic"));
        Assert.Equal("wrong-chip", map["temperature"]);
    }

    [Fact]
    public async Task A_sensor_that_was_away_is_set_up_again()
    {
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: attic, sensor: bmp280 }]\n");
        map.Hardware[0x76] = new SimulatedBosch(0x58);
        await map.ReadAsync("attic");
        map.Hardware[0x76] = null;

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "no-ack"), await map.ReadAsync("attic"));
        Assert.Equal("no-ack", map["pressure"]);

        var fresh = new SimulatedBosch(0x58);
        fresh.Set(0x88, new byte[6]); // another chip of the kind, with another calibration
        map.Hardware[0x76] = fresh;
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("attic"));
        Assert.NotEqual("25.08", map["temperature"]);
        Assert.Equal(("no-ack", 1), (map.Context.Errors.Of("attic")[0].Key, (int)map.Context.Errors.Of("attic")[0].Value));
    }

    [Fact]
    public async Task A_sensor_that_never_loads_its_calibration_is_given_up()
    {
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: attic, sensor: bme280, address: 0x76 }]\n");
        var sensor = new SimulatedBosch(0x60);
        sensor.Set(0xF3, 1);
        map.Hardware[0x76] = sensor;

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "not-ready"), await map.ReadAsync("attic").WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task A_sensor_that_has_lost_its_supply_is_set_up_again()
    {
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: attic, sensor: bme280, address: 0x76 }]\n");
        var sensor = new SimulatedBosch(0x60);
        map.Hardware[0x76] = sensor;
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("attic"));
        sensor.Set(0xF2, 0);

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "chip-reset"), await map.ReadAsync("attic"));
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("attic"));
        Assert.Equal(1, sensor.Registers[0xF2]);
    }

    // Calibrations in which H3 and H5 count too. Expected: the formula of BST-BME280-DS001 §8.1 in floating point, computed in Python.
    [Theory]
    [InlineData("6A01001329031E", 128422, 0x6633, 33.594)]
    [InlineData("630119148BFD1E", 60000, 0x7000, 39.809)]
    [InlineData("7201C812421FEC", 180000, 0x5A00, 7.203)]
    [InlineData("6A01FF1480C15A", -40000, 0x7800, 15.652)]
    [InlineData("6A01641329031E", 300000, 0x6000, 24.091)]
    public void The_humidity_by_the_formula_in_floating_point(string registers, int fine, int raw, double expected)
    {
        var calibration = BoschCalibration.Read(Convert.FromHexString("706B436718FC7D8E43D6D00B270B8C00F9FF8C3CF8C67017004B"), Convert.FromHexString(registers));
        Assert.Equal(expected, (double)calibration.Humidity(raw, fine), 0.02);
    }
}
