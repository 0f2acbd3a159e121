using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Chips;
using Gateway.Drivers.Spi;
using Gateway.Drivers.Spi.Sensors;
using Gateway.Drivers.Tests.I2c;
using Gateway.Drivers.Tests.Sysfs;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Tests.Spi;

public class SpiSensorTests
{
    // MAX31855 datasheet, table 4; 14 bits.
    [Theory]
    [InlineData("01100100000000", 1600)]
    [InlineData("00111110100000", 1000)]
    [InlineData("00000110010011", 100.75)]
    [InlineData("00000001100100", 25)]
    [InlineData("00000000000000", 0)]
    [InlineData("11111111111111", -0.25)]
    [InlineData("11111111111100", -1)]
    [InlineData("11110000011000", -250)]
    public void Max31855OfItsTable(string bits, double degrees) => Assert.Equal((decimal)degrees, Decode(Convert.ToUInt32(bits, 2) << 18 | 0x1900, 0, out _));

    // MAX31855 datasheet, table 5; 12 bits.
    [Theory]
    [InlineData("011111110000", 127)]
    [InlineData("011001001001", 100.5625)]
    [InlineData("000110010000", 25)]
    [InlineData("111111111111", -0.0625)]
    [InlineData("111111110000", -1)]
    [InlineData("111011000000", -20)]
    [InlineData("110010010000", -55)]
    public void Max31855AndItsOwnTemperature(string bits, double degrees) => Assert.Equal((decimal)degrees, Decode(Convert.ToUInt32(bits, 2) << 4, 1, out _));

    // MAX31855 datasheet, table 3: D16 and D2 to D0.
    [Theory]
    [InlineData(0x10001, "open-circuit")]
    [InlineData(0x10002, "short-circuit")]
    [InlineData(0x10004, "short-circuit")]
    public void Max31855AndItsFaults(int bits, string expected)
    {
        Assert.Equal(0, Decode((uint)bits, 0, out var reason));
        Assert.Equal(expected, reason);
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(uint.MinValue)]
    public void A_line_that_is_held_is_no_temperature(uint bits) =>
        Assert.Equal(BusReasons.NoAck, Assert.Throws<BusException>(() => Decode(bits, 0, out _)).Reason);

    [Theory]
    [InlineData("mcp3008", "ch0")]
    [InlineData("mcp3208", "ch0")]
    public async Task A_converter_that_is_not_there_has_no_voltage(string sensor, string field)
    {
        await using var bus = new SpiMap($"sensor: {sensor}, points: {{ level: {{ field: {field} }} }}", new Unconnected());
        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "no-ack"), await bus.ReadAsync());
    }

    public static TheoryData<string> Sensors => [.. SpiSensors.All.Keys];

    [Theory]
    [MemberData(nameof(Sensors))]
    public async Task Fuzzed_chips_cost_no_more_than_their_values(string sensor)
    {
        var random = new Random(20261123);
        var points = SpiSensors.All[sensor].Profile is null ? ", points: { level: { field: ch0 } }" : "";
        for (var round = 0; round < 20 * Fuzz.Factor; round++)
        {
            await using var bus = new SpiMap($"sensor: {sensor}{points}", new AnyChip(random), new HastyTimeProvider());
            for (var read = 0; read < 20; read++)
            {
                Assert.NotEqual(ReadStatus.BusFailed, (await bus.ReadAsync()).Status);
            }
        }
    }

    // MAX31856 datasheet, table "Linearized Thermocouple Temperature Data Format"; 19 bits, left-justified in 24.
    [Theory]
    [InlineData("640000", 1600)]
    [InlineData("3E8000", 1000)]
    [InlineData("064F00", 100.9375)]
    [InlineData("019000", 25)]
    [InlineData("000100", 0.0625)]
    [InlineData("000000", 0)]
    [InlineData("FFFF00", -0.0625)]
    [InlineData("FFF000", -1)]
    [InlineData("F06000", -250)]
    public void Max31856OfItsTable(string bits, double degrees)
    {
        var values = new ChipValues(2);
        Max31856.Decode([0x19, 0x00, .. Convert.FromHexString(bits), 0], values);

        Assert.Equal((decimal)degrees, values.Get(0, out _).AsDecimal);
        Assert.Equal(25m, values.Get(1, out _).AsDecimal);
    }

    // The same, "Reference Junction (Cold-Junction) Temperature Data Format"; 14 bits, left-justified in 16.
    [Theory]
    [InlineData("7FFC", 127.9844)]
    [InlineData("7F00", 127)]
    [InlineData("7D00", 125)]
    [InlineData("4000", 64)]
    [InlineData("0080", 0.5)]
    [InlineData("0004", 0.0156)]
    [InlineData("FFFC", -0.0156)]
    [InlineData("C900", -55)]
    public void Max31856AndItsColdJunction(string bits, double degrees)
    {
        var values = new ChipValues(2);
        Max31856.Decode([.. Convert.FromHexString(bits), 0, 0, 0, 1], values);

        Assert.Equal((decimal)degrees, values.Get(1, out _).AsDecimal);
        values.Get(0, out var reason);
        Assert.Equal("open-circuit", reason);
    }

    // IEC 60751:2008, table 1: a Pt100's resistance; the last digit of the table is a fortieth of a degree.
    [Theory]
    [InlineData(18.52, -200)]
    [InlineData(60.26, -100)]
    [InlineData(80.31, -50)]
    [InlineData(99.61, -1)]
    [InlineData(100, 0)]
    [InlineData(103.90, 10)]
    [InlineData(138.51, 100)]
    [InlineData(175.86, 200)]
    [InlineData(247.09, 400)]
    [InlineData(313.71, 600)]
    [InlineData(390.48, 850)]
    public void PlatinumOfItsStandard(double ohms, double degrees) => Assert.Equal(degrees, Max31865.TemperatureOf(ohms / 100)!.Value, 0.03);

    [Theory]
    [InlineData(10)]
    [InlineData(400)]
    public void A_resistance_that_no_platinum_has_is_no_temperature(double ohms) => Assert.Null(Max31865.TemperatureOf(ohms / 100));

    // MAX31865 datasheet, table 9, for a reference of 400 Ω: the code of 0 °C is 8192.
    [Fact]
    public async Task A_max31865_is_set_up_and_read()
    {
        var chip = new SimulatedMax31865 { Registers = { [1] = (byte)(8192 << 1 >> 8), [2] = 0 } };
        await using var bus = new SpiMap("sensor: max31865, reference-resistor: 400, wires: 3, mains: 60", chip);

        Assert.Equal(ReadOutcome.Answered, await bus.ReadAsync());

        Assert.Equal(("0", "100"), (bus["temperature"], bus["resistance"]));
        Assert.Equal(0xD0, chip.Registers[0]); // bias, continuous, three wires, 60 Hz
        Assert.Equal(1, bus.Settings.Mode);

        // 410 Ω is 0x7FFE at most, as the reference is 400 Ω; 10 Ω is a fortieth of 32768.
        Assert.Equal([0xFF, 0xFC, 0x06, 0x66], chip.Registers[3..7]);

        (chip.Registers[1], chip.Registers[2], chip.Registers[7]) = (0xFF, 0xFF, 0x80);
        await bus.ReadAsync();
        Assert.Equal("open-circuit", bus["temperature"]);
    }

    // MAX31865 datasheet, table 7: what only the check of the wires finds.
    [Theory]
    [InlineData(0x20, "open-circuit")]
    [InlineData(0x40, "short-circuit")]
    [InlineData(0x08, "sensor-fault")]
    public async Task The_wires_of_a_max31865_are_looked_at(int fault, string expected)
    {
        var time = new ManualTimeProvider();
        var chip = new SimulatedMax31865 { Registers = { [1] = 0x40 } };
        await using var bus = new SpiMap("sensor: max31865, reference-resistor: 400", chip, time);
        await PassAsync(time, bus.ReadAsync());
        Assert.Equal("0", bus["temperature"]);

        chip.Fault = fault;
        time.Advance(TimeSpan.FromSeconds(10));
        await PassAsync(time, bus.ReadAsync());
        Assert.Equal(("0", 1), (bus["temperature"], chip.Checks));
        time.Advance(TimeSpan.FromSeconds(51));
        await PassAsync(time, bus.ReadAsync());
        Assert.Equal(expected, bus["temperature"]);

        // Until there is none, each read looks.
        await PassAsync(time, bus.ReadAsync());
        Assert.Equal((expected, 3), (bus["temperature"], chip.Checks));
        chip.Fault = 0;
        await PassAsync(time, bus.ReadAsync());
        Assert.Equal("0", bus["temperature"]);
    }

    [Theory]
    [InlineData("max31865", 0)]
    [InlineData("max31856", 0)]
    public async Task A_chip_that_has_lost_its_supply_is_set_up_again(string sensor, int control)
    {
        var chip = sensor == "max31865" ? new SimulatedMax31865 { Registers = { [1] = 0x40 } } : new SimulatedSpiRegisters();
        await using var bus = new SpiMap($"sensor: {sensor}", chip);
        Assert.Equal(ReadOutcome.Answered, await bus.ReadAsync());
        var before = chip.Registers[control];

        Array.Clear(chip.Registers);
        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "chip-reset"), await bus.ReadAsync());
        Assert.Equal(ReadOutcome.Answered, await bus.ReadAsync());
        Assert.Equal(before, chip.Registers[control]);
    }

    [Fact]
    public async Task A_max31856_that_is_not_there_is_another_chip()
    {
        var chip = new SimulatedSpiRegisters();
        await using var bus = new SpiMap("sensor: max31856, thermocouple: T", chip);
        chip.Set(0x0A, 0x19, 0x00, 0x06, 0x4F, 0x00, 0);

        Assert.Equal(ReadOutcome.Answered, await bus.ReadAsync());
        Assert.Equal(("100.9375", "25"), (bus["temperature"], bus["cold_junction"]));
        Assert.Equal((0x91, 7), ((int)chip.Registers[0], (int)chip.Registers[1])); // continuous, open-circuit detection, 50 Hz; type T

        await using var empty = new SpiMap("sensor: max31856", new Unconnected());
        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "wrong-chip"), await empty.ReadAsync());
    }

    // MCP3008 datasheet (DS21295), figure 6-1; MCP3208 (DS21298), figure 6-1.
    [Theory]
    [InlineData("mcp3008", "ch0", "018000")]
    [InlineData("mcp3008", "ch7", "01F000")]
    [InlineData("mcp3008", "ch1-ch0", "011000")]
    [InlineData("mcp3208", "ch0", "060000")]
    [InlineData("mcp3208", "ch5", "074000")]
    [InlineData("mcp3204", "ch2-ch3", "048000")]
    public async Task A_converter_is_asked_for_its_input(string sensor, string field, string request)
    {
        var chip = new Converter();
        await using var bus = new SpiMap($"sensor: {sensor}, reference: 4.096, points: {{ level: {{ field: {field} }} }}", chip);

        await bus.ReadAsync();

        Assert.Equal([request], chip.Requests);
        Assert.Equal(sensor == "mcp3008" ? "2.048" : "0.512", bus["level"]); // the code 512
    }

    [Fact]
    public async Task Registers_and_transfers_are_those_of_the_map()
    {
        var chip = new SimulatedSpiRegisters();
        chip.Set(0x0F, 0x33);
        chip.Set(0x28, 0x34, 0x12);
        await using var bus = new SpiMap("""
            check: { register: 0x0F, value: 0x33 }, set-up: [{ register: 0x20, value: 0x57 }, { send: 0x2105 }],
            points: { x: { register: 0x28, type: int16, order: DCBA }, y: { send: 0xA800, at: 1 }, z: { register: 0x30, write: true } }
            """, chip);

        Assert.Equal(ReadOutcome.Answered, await bus.ReadAsync());
        Assert.Null((await bus.WriteAsync("z", PointValue.From(9L))).Error);

        Assert.Equal(("4660", "52"), (bus["x"], bus["y"]));
        Assert.Equal((0x57, 5, 9), ((int)chip.Registers[0x20], (int)chip.Registers[0x21], (int)chip.Registers[0x30]));
    }

    private static async Task PassAsync(ManualTimeProvider time, ValueTask<ReadOutcome> read)
    {
        var reading = read.AsTask();
        await Eventually.TrueAsync(() =>
        {
            if (!reading.IsCompleted)
            {
                time.Advance(TimeSpan.FromMilliseconds(10));
            }

            return reading.IsCompleted;
        });
        Assert.Equal(ReadOutcome.Answered, await reading);
    }

    private static decimal Decode(uint bits, int field, out string? reason)
    {
        var values = new ChipValues(2);
        Max31855.Decode([(byte)(bits >> 24), (byte)(bits >> 16), (byte)(bits >> 8), (byte)bits], values);
        return values.Get(field, out reason) is { IsNumber: true } value ? value.AsDecimal : 0;
    }

    /// <summary>One device on a simulated bus.</summary>
    private sealed class SpiMap : IAsyncDisposable
    {
        private readonly IBus _bus;
        private readonly Gateway.Abstractions.Definitions.BusDefinition _definition;
        private readonly RecordingSink _sink = new();

        public SpiMap(string device, ISpiDevice chip, TimeProvider? timeProvider = null)
        {
            var drivers = DriverCatalog.Create(openSpiDevice: (_, settings) =>
            {
                Settings = settings;
                return chip;
            });
            _definition = I2cMap.Load($"bus: {{ spi: 0.1 }}\ndevices: [{{ name: device, {device.Replace("\n", " ", StringComparison.Ordinal)} }}]\n", drivers);
            _bus = drivers.First(driver => driver.Schema.Name == "spi").Open(_definition, new DriverContext(timeProvider ?? TimeProvider.System, NullLogger.Instance));
        }

        public SpiSettings Settings { get; private set; } = new();

        public string this[string point] => _sink[point] is { Quality: Quality.Good } reading ? reading.Value.ToString() : _sink[point].Reason!;

        public ValueTask<ReadOutcome> ReadAsync() => _bus.CreateReader(_definition.Devices[0], _definition.Devices[0].Points).ReadAsync(_sink, CancellationToken.None);

        public ValueTask<WriteOutcome> WriteAsync(string point, PointValue value) =>
            _bus.WriteAsync(_definition.Devices[0].Points.First(each => each.Name == point), value, CancellationToken.None);

        public ValueTask DisposeAsync() => _bus.DisposeAsync();
    }

    /// <summary>Registers that a set highest bit writes (MAX318xx), or reads (most others): what comes second tells, as 0 is never written.</summary>
    private class SimulatedSpiRegisters : ISpiDevice
    {
        public byte[] Registers { get; } = new byte[128];

        public void Set(int register, params byte[] values) => values.CopyTo(Registers, register);

        public void Transfer(ReadOnlySpan<byte> written, Span<byte> read)
        {
            var register = written[0] & 0x7F;
            for (var i = 1; i < written.Length; i++)
            {
                if (read.IsEmpty)
                {
                    Write(register + i - 1, written[i]);
                }
                else
                {
                    read[i] = Registers[register + i - 1];
                }
            }
        }

        public void Dispose()
        {
        }

        protected virtual void Write(int register, byte value) => Registers[register] = value;
    }

    /// <summary>A MAX31865 whose faults show when its wires are looked at, and stay until they are cleared. Tables 3 and 7.</summary>
    private sealed class SimulatedMax31865 : SimulatedSpiRegisters
    {
        public int Fault { get; set; }

        /// <summary>How often the wires were looked at.</summary>
        public int Checks { get; private set; }

        protected override void Write(int register, byte value)
        {
            if (register != 0)
            {
                base.Write(register, value);
                return;
            }

            base.Write(0, (byte)(value & 0xD1)); // The other bits are back at 0 when it is done.
            if ((value & 0x4C) == 0x04 && (value & 0x80) != 0)
            {
                Checks++;
                Registers[7] |= (byte)Fault;
            }

            if ((value & 0x02) != 0)
            {
                Registers[7] = 0;
            }
        }
    }

    private sealed class Unconnected : ISpiDevice
    {
        public void Transfer(ReadOnlySpan<byte> written, Span<byte> read) => read.Fill(0xFF);

        public void Dispose()
        {
        }
    }

    /// <summary>Says anything, or the same for ever.</summary>
    private sealed class AnyChip(Random random) : ISpiDevice
    {
        public void Transfer(ReadOnlySpan<byte> written, Span<byte> read)
        {
            random.NextBytes(read);
            if (random.Next(4) == 0)
            {
                read.Fill((byte)(random.Next(2) * 0xFF));
            }
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Gives the code 512 with noise in the bits before it.</summary>
    private sealed class Converter : ISpiDevice
    {
        public List<string> Requests { get; } = [];

        public void Transfer(ReadOnlySpan<byte> written, Span<byte> read)
        {
            Requests.Add(Convert.ToHexString(written));
            ReadOnlySpan<byte> answer = [0xFF, (byte)(written[0] == 1 ? 0xFA : 0xE2), 0x00];
            answer.CopyTo(read);
        }

        public void Dispose()
        {
        }
    }
}
