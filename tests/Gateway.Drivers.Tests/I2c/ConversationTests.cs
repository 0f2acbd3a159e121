using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.I2c;

/// <summary>What sensors and gateway say to each other over a bus.</summary>
public class ConversationTests
{
    [Fact]
    public async Task An_htu21_that_still_measures_is_asked_again()
    {
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: room, sensor: htu21 }]\n");
        map.Hardware[0x40] = new SimulatedCommands(
            new() { ["F3"] = [0x68, 0x3A, 0x7C], ["F5"] = [0x4E, 0x85, 0x6B] }, TimeProvider.System, TimeSpan.FromMilliseconds(45));

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("room"));
        Assert.Equal(("24.69", "32.34"), (map["temperature"], map["humidity"]));
    }

    [Fact]
    public async Task An_scd30_is_started_and_gives_its_last_values_between_measurements()
    {
        var time = new ManualTimeProvider();
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: room, sensor: scd30 }]\n", time);
        var sensor = new SimulatedCommands(
            new() { ["0202"] = [0, 0, 0x81], ["0300"] = Convert.FromHexString("43DBCB8C2E8F41D970E7FFF54243BF3A1B74") }, time, TimeSpan.FromMilliseconds(3));
        map.Hardware[0x61] = sensor;

        Assert.Equal(ReadOutcome.Answered, await ReadAsync(map, time));
        Assert.Equal(["46000002E3", "0010000081", "0202"], sensor.Commands);
        Assert.Equal("not-ready", map["co2"]);

        sensor.Answers["0202"] = [0, 1, 0xB0];
        await ReadAsync(map, time);
        Assert.Equal(("439.1", "27.24", "48.81"), (map["co2"], map["temperature"], map["humidity"]));

        sensor.Answers["0202"] = [0, 0, 0x81];
        time.Advance(TimeSpan.FromSeconds(1));
        await ReadAsync(map, time);
        Assert.Equal("439.1", map["co2"]);

        time.Advance(TimeSpan.FromSeconds(4));
        await ReadAsync(map, time);
        Assert.Equal("not-ready", map["co2"]);
    }

    [Fact]
    public async Task An_scd4x_is_stopped_before_it_is_started()
    {
        var time = new ManualTimeProvider();
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: room, sensor: scd4x }]\n", time);
        var sensor = new SimulatedCommands(
            new() { ["E4B8"] = [0x80, 0x06, 0x04], ["EC05"] = Convert.FromHexString("01F4336667A25EB93C") }, time, TimeSpan.FromMilliseconds(1));
        map.Hardware[0x62] = sensor;

        Assert.Equal(ReadOutcome.Answered, await ReadAsync(map, time));

        Assert.Equal(["3F86", "21B1", "E4B8", "EC05"], sensor.Commands);
        Assert.Equal(("500", "25", "37"), (map["co2"], map["temperature"], map["humidity"]));
    }

    [Fact]
    public async Task An_aht20_is_calibrated_where_it_is_not_and_waited_for()
    {
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: room, sensor: aht20 }]\n");
        var sensor = new SimulatedAht20();
        map.Hardware[0x38] = sensor;

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("room"));

        Assert.Equal(["BE0800", "AC3300"], sensor.Commands);
        Assert.Equal(("25", "50"), (map["temperature"], map["humidity"]));
    }

    [Theory]
    [InlineData("pcf8574", 0x20, "p0", "p1", "p7")]
    [InlineData("mcp23017", 0x20, "gpa0", "gpa1", "gpb7")]
    public async Task Pins_of_an_expander_are_inputs_and_outputs(string sensor, int address, string input, string output, string inverted)
    {
        await using var map = new I2cMap($$"""
            bus: { i2c: 1 }
            devices:
              - name: pins
                sensor: {{sensor}}
                points:
                  door: { field: {{input}} }
                  lamp: { field: {{output}}, direction: output, write: true }
                  relay: { field: {{inverted}}, direction: output, active: low, write: true }
            """);
        var chip = sensor == "pcf8574" ? (ISimulatedPins)new SimulatedPcf8574() : new SimulatedMcp23017();
        map.Hardware[address] = chip;
        var last = sensor == "pcf8574" ? 0x80 : 0x8000;
        chip.Outside = 1;

        // Outputs begin inactive: the lamp at low, the relay that low makes active at high.
        await map.ReadAsync("pins");
        Assert.Equal(("true", "false", "false"), (map["door"], map["lamp"], map["relay"]));
        Assert.Equal(last, chip.Levels & (last | 2));
        Assert.DoesNotContain(chip.History, levels => (levels & (last | 2)) != last);

        Assert.Equal(WriteOutcome.Done, await map.WriteAsync("pins.lamp", PointValue.From(true)));
        Assert.Equal(WriteOutcome.Done, await map.WriteAsync("pins.relay", PointValue.From(true)));
        chip.Outside = 0;
        await map.ReadAsync("pins");
        Assert.Equal(("false", "true", "true"), (map["door"], map["lamp"], map["relay"]));
        Assert.Equal(2, chip.Levels & (last | 2));

        // A chip that was away gets back what was written.
        map.Hardware[address] = null;
        Assert.Equal(ReadStatus.NoAnswer, (await map.ReadAsync("pins")).Status);
        chip = sensor == "pcf8574" ? new SimulatedPcf8574() : new SimulatedMcp23017();
        map.Hardware[address] = chip;
        await map.ReadAsync("pins");
        Assert.Equal(2, chip.Levels & (last | 2));
    }

    private static async Task<ReadOutcome> ReadAsync(I2cMap map, ManualTimeProvider time)
    {
        var read = map.ReadAsync("room");
        await Eventually.TrueAsync(() =>
        {
            if (!read.IsCompleted)
            {
                time.Advance(TimeSpan.FromMilliseconds(20));
            }

            return read.IsCompleted;
        });
        return await read;
    }

    private interface ISimulatedPins : ISimulatedChip
    {
        /// <summary>What the world puts on inputs.</summary>
        int Outside { get; set; }

        /// <summary>What the chip puts on its pins, those that it only pulls up included.</summary>
        int Levels { get; }

        /// <summary>All levels of outputs so far, since they are outputs.</summary>
        List<int> History { get; }
    }

    private sealed class SimulatedPcf8574 : ISimulatedPins
    {
        public int Outside { get; set; }

        public int Levels { get; private set; } = 0xFF;

        public List<int> History { get; } = [];

        public bool Write(ReadOnlySpan<byte> bytes)
        {
            Levels = bytes[^1];
            History.Add(Levels);
            return true;
        }

        public bool Read(Span<byte> bytes)
        {
            bytes.Fill((byte)(Levels & (Outside | 0xFE)));
            return true;
        }
    }

    private sealed class SimulatedMcp23017 : SimulatedRegisters, ISimulatedPins
    {
        public SimulatedMcp23017() => Set(0, 0xFF, 0xFF);

        public int Outside { get; set; }

        public int Levels => (Registers[0x14] | Registers[0x15] << 8) & ~Directions;

        public List<int> History { get; } = [];

        private int Directions => Registers[0] | Registers[1] << 8;

        public override bool Read(Span<byte> bytes)
        {
            var pins = (Outside & Directions) | Levels;
            Set(0x12, (byte)pins, (byte)(pins >> 8));
            return base.Read(bytes);
        }

        protected override void OnWrite(int register, byte value)
        {
            base.OnWrite(register, value);
            if (register == 0x15 && Directions != 0xFFFF)
            {
                History.Add(Levels);
            }
        }
    }

    private sealed class SimulatedAht20 : ISimulatedChip
    {
        private int _reads;

        public List<string> Commands { get; } = [];

        public bool Write(ReadOnlySpan<byte> bytes)
        {
            Commands.Add(Convert.ToHexString(bytes));
            _reads = 0;
            return true;
        }

        public bool Read(Span<byte> bytes)
        {
            // Busy for one read after it was begun; calibrated once it was told to be.
            byte[] answer = [(byte)(Commands.Count == 0 ? 0x10 : Commands.Count == 2 && _reads++ == 0 ? 0x98 : 0x18), 0x80, 0x00, 0x06, 0x00, 0x00];
            byte[] whole = [.. answer, 0];
            whole[6] = Crc(answer);
            whole.AsSpan(0, bytes.Length).CopyTo(bytes);
            return true;
        }

        // AHT20 datasheet §5.4.4, as a division of polynomials by hand.
        private static byte Crc(byte[] bytes)
        {
            var crc = 0xFF;
            foreach (var bit in bytes.SelectMany(value => Enumerable.Range(0, 8).Select(i => value >> (7 - i) & 1)))
            {
                var top = (crc >> 7) ^ bit;
                crc = ((crc << 1) & 0xFF) ^ (top * 0x31);
            }

            return (byte)crc;
        }
    }
}
