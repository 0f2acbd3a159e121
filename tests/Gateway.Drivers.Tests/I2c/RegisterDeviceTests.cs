using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Tests.I2c;

/// <summary>Chips that only the map describes.</summary>
public class RegisterDeviceTests
{
    // An ST LIS3DH as its datasheet has it: WHO_AM_I 0x0F holds 0x33, CTRL_REG1 0x20, the axes from 0x28 on, low byte first, 12 bits left-justified.
    private const string Accelerometer = """
        bus: { i2c: 1 }
        devices:
          - name: tilt
            address: 0x18
            check: { register: 0x0F, value: 0x33 }
            set-up:
              - { register: 0x20, value: 0x57 }
              - { register: 0x23, value: 0x88 }
            points:
              x: { register: 0xA8, type: int16, order: DCBA, bits: 4-15, scale: 0.001, unit: g }
              id: { register: 0x0F }
              high: { register: 0x23, bit: 3 }
              threshold: { register: 0x32, bits: 0-6, write: true, scale: 0.016 }
              offset: { register: 0x30, type: int8, write: true }
              name: { register: 0x40, type: string, length: 4, write: true }
              ratio: { register: 0x50, type: float32, write: true }
              later: { send: 0x2A, at: 1, type: uint16, wait: 1 ms }
        """;

    private static SimulatedRegisters Chip()
    {
        var chip = new SimulatedRegisters();
        chip.Set(0x0F, 0x33);
        chip.Set(0xA8, 0x10, 0xFC); // −63: 0xFC10 >> 4
        chip.Set(0x32, 0x85);
        chip.Set(0x2A, 0, 0x12, 0x34);
        chip.Set(0x40, (byte)'a', (byte)'b', 0, 0);
        chip.Set(0x50, 0x3F, 0xC0, 0, 0);
        return chip;
    }

    [Fact]
    public async Task Registers_are_read_as_the_map_says()
    {
        await using var map = new I2cMap(Accelerometer);
        var chip = Chip();
        map.Hardware[0x18] = chip;

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("tilt"));

        Assert.Equal(("-63", "51", "true", "5", "ab", "1.5", "4660"), (map["x"], map["id"], map["high"], map["threshold"], map["name"], map["ratio"], map["later"]));
        Assert.Equal((0x57, 0x88), ((int)chip.Registers[0x20], (int)chip.Registers[0x23]));
    }

    [Fact]
    public async Task Registers_are_written_as_the_map_says()
    {
        await using var map = new I2cMap(Accelerometer);
        var chip = Chip();
        map.Hardware[0x18] = chip;

        Assert.Equal(WriteOutcome.Done, await map.WriteAsync("tilt.threshold", PointValue.From(17.4m)));
        Assert.Equal(WriteOutcome.Done, await map.WriteAsync("tilt.offset", PointValue.From(-3L)));
        Assert.Equal(WriteOutcome.Done, await map.WriteAsync("tilt.name", PointValue.From("xyz")));
        Assert.Equal(WriteOutcome.Done, await map.WriteAsync("tilt.ratio", PointValue.From(-2.5m)));

        Assert.Equal(0x80 | 17, chip.Registers[0x32]); // the bit that is not the point's stays
        Assert.Equal(0xFD, chip.Registers[0x30]);
        Assert.Equal("78797A00", Convert.ToHexString(chip.Registers, 0x40, 4));
        Assert.Equal("C0200000", Convert.ToHexString(chip.Registers, 0x50, 4));
    }

    [Theory]
    [InlineData("tilt.offset", 128L, "'128' is not a whole number from -128 to 127")]
    [InlineData("tilt.threshold", 128L, "'128' is not a whole number from 0 to 127")]
    [InlineData("tilt.threshold", -1L, "'-1' is not a whole number from 0 to 127")]
    public async Task A_value_that_does_not_fit_is_refused(string point, long value, string refusal)
    {
        await using var map = new I2cMap(Accelerometer);
        map.Hardware[0x18] = Chip();

        Assert.Equal(new WriteOutcome(refusal), await map.WriteAsync(point, PointValue.From(value)));
    }

    [Fact]
    public async Task A_chip_that_fails_its_check_is_another()
    {
        await using var map = new I2cMap(Accelerometer);
        var chip = Chip();
        chip.Set(0x0F, 0x44);
        map.Hardware[0x18] = chip;

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "wrong-chip"), await map.ReadAsync("tilt"));
        Assert.Equal(
            "The chip is not the one as the map says: register 0x0f holds 0x44 and should hold 0x33",
            (await map.WriteAsync("tilt.offset", PointValue.From(1L))).Error);
        Assert.Equal(0, chip.Registers[0x20]);
    }

    // An MS5611 as its datasheet has it: 0x1E resets it, which takes 2.8 ms; 0xA2 asks for a constant.
    [Fact]
    public async Task A_command_is_sent_as_it_is()
    {
        await using var map = new I2cMap("""
            bus: { i2c: 1 }
            devices:
              - name: barometer
                address: 0x77
                set-up: [{ send: 0x1E, wait: 3 ms }, { send: 0x2C06 }]
                points: { c1: { send: 0xA2, type: uint16 } }
            """);
        var chip = new SimulatedCommands(new() { ["A2"] = [0x9C, 0xBF] }, TimeProvider.System, TimeSpan.Zero);
        map.Hardware[0x77] = chip;

        await map.ReadAsync("barometer");
        await map.ReadAsync("barometer");

        Assert.Equal("40127", map["c1"]);
        Assert.Equal(["1E", "2C06", "A2", "A2"], chip.Commands);
    }

    [Fact]
    public async Task A_chip_that_has_not_taken_its_set_up_is_not_read()
    {
        const string Map = """
            bus: { i2c: 1 }
            devices:
              - name: chip
                address: 0x18
                set-up: [{ register: 0x20, value: 0x57 }, { register: 0x23, value: 0x1234, type: uint16, order: DCBA }]
                points: { id: { register: 0x0F }, limit: { register: 0x30, write: true } }
            """;
        await using var map = new I2cMap(Map);
        var chip = new Stubborn();
        map.Hardware[0x18] = chip;

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "set-up-failed"), await map.ReadAsync("chip"));
        Assert.Equal("set-up-failed", map["id"]);
        Assert.Equal(
            "Register 0x23 holds 0x0000 after 0x3412 was written to it; where it cannot be read back, or changes by itself, say 'read-back: false' in that entry of 'set-up'",
            (await map.WriteAsync("chip.limit", PointValue.From(5L))).Error);
        Assert.Equal(0, chip.Registers[0x30]);

        chip.Refused = -1;
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("chip"));
        Assert.Equal("34125700", Convert.ToHexString([chip.Registers[0x23], chip.Registers[0x24], chip.Registers[0x20], chip.Registers[0x21]]));
    }

    [Fact]
    public async Task A_register_that_cannot_be_read_back_is_taken_at_its_word()
    {
        await using var map = new I2cMap("""
            bus: { i2c: 1 }
            devices:
              - { name: chip, address: 0x18, set-up: { register: 0x23, value: 0x88, read-back: false }, points: { id: { register: 0x0F } } }
            """);
        map.Hardware[0x18] = new Stubborn();

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("chip"));
    }

    /// <summary>A chip that keeps nothing in one of its registers.</summary>
    private sealed class Stubborn : SimulatedRegisters
    {
        public int Refused { get; set; } = 0x23;

        protected override void OnWrite(int register, byte value)
        {
            if (Refused < 0 || register < Refused || register > Refused + 1)
            {
                base.OnWrite(register, value);
            }
        }
    }
}
