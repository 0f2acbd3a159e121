using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.I2c;

/// <summary>Pins on a chip: what they are at the start, at the stop, without the uplink, after a pulse, and after the chip's supply was away.</summary>
public sealed class ExpanderTests
{
    private const int Address = 0x20;

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
            """, memory: new FakeMemory());
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

    [Theory]
    [InlineData("pcf8574", "p0", "p1")]
    [InlineData("mcp23017", "gpa0", "gpa1")]
    public async Task One_command_changes_no_output_but_its_own(string sensor, string input, string output)
    {
        var chip = ChipOf(sensor);
        chip.Leave(outputs: 0x0A, levels: 0x08); // by whoever had it before
        chip.Outside = 1;
        var before = chip.Levels;
        var map = Map(sensor, chip, $"door: {{ field: {input} }}, lamp: {{ field: {output}, direction: output, write: true, start: on, stop: on }}");

        await map.ReadAsync("pins");
        Assert.Equal(("true", "false"), (map["door"], map["lamp"]));
        Assert.Equal(before, chip.Levels);

        var outcome = await map.WriteAsync("pins.lamp", PointValue.From(true));
        var isPcf = sensor == "pcf8574";
        Assert.Equal(isPcf ? "a pcf8574 is written as a whole, and does not tell what its other outputs are; start the service and write again" : null, outcome.Error);
        Assert.Equal(isPcf ? before : before | 2, chip.Levels);
        await map.DisposeAsync();
        Assert.Equal(isPcf ? before : before | 2, chip.Levels);
    }

    [Theory]
    [InlineData("pcf8574", "p1", "off", false, false)]
    [InlineData("pcf8574", "p1", "on", false, true)]
    [InlineData("pcf8574", "p1", "keep", true, true)]
    [InlineData("pcf8574", "p1", "keep", false, false)]
    [InlineData("pcf8574", "p1", "last", false, true)]
    [InlineData("mcp23017", "gpa1", "off", true, false)]
    [InlineData("mcp23017", "gpa1", "on", false, true)]
    [InlineData("mcp23017", "gpa1", "keep", true, true)]
    [InlineData("mcp23017", "gpa1", "keep", false, false)]
    [InlineData("mcp23017", "gpa1", "last", false, true)]
    public async Task An_output_begins_as_it_is_asked_to(string sensor, string field, string start, bool isHigh, bool expected)
    {
        var chip = ChipOf(sensor);
        chip.Leave(outputs: 2, levels: isHigh ? 2 : 0);
        var memory = new FakeMemory();
        await using (var earlier = Map(sensor, ChipOf(sensor), $"lamp: {{ field: {field}, direction: output, write: true }}", memory))
        {
            await earlier.WriteAsync("pins.lamp", PointValue.From(true));
        }

        await using var map = Map(sensor, chip, $"lamp: {{ field: {field}, direction: output, write: true, start: {start} }}", memory);
        await map.ReadAsync("pins");
        Assert.Equal(expected, (chip.Levels & 2) != 0);
        Assert.Equal(PointValue.From(expected).ToString(), map["lamp"]);
    }

    [Theory]
    [InlineData("off", "high", false)]
    [InlineData("off", "low", true)]
    [InlineData("on", "high", true)]
    [InlineData("keep", "high", true)]
    public async Task An_output_ends_as_it_is_asked_to(string stop, string active, bool expected)
    {
        var chip = new SimulatedPcf8574();
        var map = Map("pcf8574", chip, $"lamp: {{ field: p1, direction: output, start: on, stop: {stop}, active: {active} }}", new FakeMemory());
        await map.ReadAsync("pins");
        await map.DisposeAsync();
        Assert.Equal(expected, (chip.Levels & 2) != 0);
    }

    [Fact]
    public async Task The_loss_of_the_uplink_sets_an_output_once()
    {
        var time = new ManualTimeProvider();
        var absence = TimeSpan.Zero;
        var chip = new SimulatedPcf8574();
        await using var map = Map(
            "pcf8574", chip, "pump: { field: p1, direction: output, write: true, start: on, on-uplink-loss: off, uplink-loss-after: 30 s }", new FakeMemory(), time, () => absence);
        await map.ReadAsync("pins");
        Assert.Equal(2, chip.Levels & 2);

        // The chip is away when it happens.
        map.Hardware[Address] = null;
        absence = TimeSpan.FromSeconds(31);
        var asked = map.Hardware.Transactions;
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return map.Hardware.Transactions > asked;
        });
        map.Hardware[Address] = chip;
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return (chip.Levels & 2) == 0;
        });

        // Somebody on site decides otherwise, and that stays.
        Assert.Null((await map.WriteAsync("pins.pump", PointValue.From(true))).Error);
        time.Advance(TimeSpan.FromSeconds(1));
        await map.ReadAsync("pins");
        time.Advance(TimeSpan.FromSeconds(1));
        await map.ReadAsync("pins");
        Assert.Equal("true", map["pump"]);
    }

    [Theory]
    [InlineData("pcf8574", "p1", "p2")]
    [InlineData("mcp23017", "gpa1", "gpa2")]
    public async Task Pins_are_set_again_when_the_chip_has_lost_them(string sensor, string lit, string dark)
    {
        var chip = ChipOf(sensor);
        await using var map = Map(
            sensor, chip, $"lit: {{ field: {lit}, direction: output, write: true }}, dark: {{ field: {dark}, direction: output }}", new FakeMemory());
        await map.WriteAsync("pins.lit", PointValue.From(true));
        chip.LoseSupply();
        Assert.NotEqual(2, chip.Levels & 6);

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("pins"));
        Assert.Equal(2, chip.Levels & 6);
        Assert.Equal(("true", "false"), (map["lit"], map["dark"]));
    }

    [Theory]
    [InlineData("pcf8574", "p0", "p1", "p2", "p3")]
    [InlineData("mcp23017", "gpa0", "gpa1", "gpa2", "gpa3")]
    public async Task Outputs_keep_their_levels_while_the_map_of_other_pins_changes(string sensor, string input, string kept, string edited, string gone)
    {
        var chip = ChipOf(sensor);
        await using var map = Map(
            sensor,
            chip,
            $"door: {{ field: {input} }}, kept: {{ field: {kept}, direction: output, write: true }}, edited: {{ field: {edited}, direction: output, write: true }}, gone: {{ field: {gone}, direction: output, write: true }}",
            new FakeMemory());
        foreach (var output in new[] { "kept", "edited", "gone" })
        {
            await map.WriteAsync($"pins.{output}", PointValue.From(true));
        }

        Assert.Equal(0x0E, chip.Levels & 0x0E);
        chip.History.Clear();
        await map.ReloadAsync(
            MapOf(sensor, $"door: {{ field: {input}, every: 5 s }}, kept: {{ field: {kept}, direction: output, write: true }}, edited: {{ field: {edited}, direction: output, write: true, every: 7 s }}"),
            "pins.door", "pins.edited");
        Assert.Equal(6, chip.Levels & 0x0E); // what the map has no longer is off
        await map.ReadAsync("pins");

        Assert.Equal(("true", "true"), (map["kept"], map["edited"]));
        Assert.Equal(6, chip.Levels & 6);
        Assert.DoesNotContain(chip.History, levels => (levels & 6) != 6);
        Assert.Equal(WriteOutcome.Done, await map.WriteAsync("pins.edited", PointValue.From(false)));
        Assert.Equal(2, chip.Levels & 6);
    }

    // DS20001952 §3.5.2: IPOL; §3.5.6: IOCON.
    [Fact]
    public async Task Inputs_are_as_they_are_though_somebody_had_turned_them_round()
    {
        var chip = new SimulatedMcp23017 { Outside = 1 };
        chip.Set(2, 0xFF, 0xFF);
        chip.HasBanks = true;
        await using var map = Map("mcp23017", chip, "door: { field: gpa0 }, gate: { field: gpb1 }, lamp: { field: gpa2, direction: output, start: on }", new FakeMemory());

        await map.ReadAsync("pins");

        Assert.Equal(("true", "false", "true"), (map["door"], map["gate"], map["lamp"]));
        Assert.Equal(4, chip.Levels & 4);
    }

    [Theory]
    [InlineData("pcf8574", "p1", "p2")]
    [InlineData("mcp23017", "gpa1", "gpa2")]
    public async Task A_pulse_ends_by_itself_and_is_told(string sensor, string pulsed, string other)
    {
        var (time, memory, chip) = (new ManualTimeProvider(), new FakeMemory(), ChipOf(sensor));
        await using var map = Map(sensor, chip, $"{Door(pulsed)}, lamp: {{ field: {other}, direction: output, write: true }}", memory, time);
        map.Listen();
        await map.WriteAsync("pins.lamp", PointValue.From(true));
        await map.WriteAsync("pins.door", PointValue.From(true));
        time.Advance(TimeSpan.FromMilliseconds(400));
        await map.WriteAsync("pins.door", PointValue.From(true)); // begins anew
        time.Advance(TimeSpan.FromMilliseconds(499));
        await map.ReadAsync("pins");
        Assert.Equal(("true", 6), (map["door"], chip.Levels & 6));

        time.Advance(TimeSpan.FromMilliseconds(1));
        await Eventually.TrueAsync(() => map.Sink.Finished.Count == 1);
        Assert.Equal(("false", 4), (map["door"], chip.Levels & 6));

        await map.WriteAsync("pins.door", PointValue.From(true));
        await map.WriteAsync("pins.door", PointValue.From(false));
        time.Advance(TimeSpan.FromSeconds(1));
        await map.ReadAsync("pins");
        Assert.Single(map.Sink.Finished);
        Assert.Equal((null, 1m), (memory["door", "output"], memory["lamp", "output"]));
    }

    [Theory]
    [InlineData("pcf8574", "p1")]
    [InlineData("mcp23017", "gpa1")]
    public async Task A_pulse_that_ends_while_the_chip_is_away_is_over_when_it_is_back(string sensor, string pulsed)
    {
        var (time, chip) = (new ManualTimeProvider(), ChipOf(sensor));
        await using var map = Map(sensor, chip, Door(pulsed), new FakeMemory(), time);
        await map.WriteAsync("pins.door", PointValue.From(true));
        map.Hardware[Address] = null;
        var asked = map.Hardware.Transactions;
        time.Advance(TimeSpan.FromMilliseconds(500));
        await Eventually.TrueAsync(() => map.Hardware.Transactions > asked);
        chip.History.Clear();

        // It is tried again, though nobody reads.
        map.Hardware[Address] = chip;
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return (chip.Levels & 2) == 0;
        });
        Assert.DoesNotContain(chip.History, levels => (levels & 2) != 0);
    }

    [Fact]
    public async Task A_chip_that_comes_back_before_the_end_of_a_pulse_goes_on_with_it()
    {
        var (time, chip) = (new ManualTimeProvider(), new SimulatedMcp23017());
        await using var map = Map("mcp23017", chip, Door("gpa1"), new FakeMemory(), time);
        await map.WriteAsync("pins.door", PointValue.From(true));
        map.Hardware[Address] = null;
        await map.ReadAsync("pins");
        time.Advance(TimeSpan.FromMilliseconds(400));
        map.Hardware[Address] = chip = new SimulatedMcp23017();
        await map.ReadAsync("pins");
        Assert.Equal(2, chip.Levels & 2);
        time.Advance(TimeSpan.FromMilliseconds(100));
        await Eventually.TrueAsync(() => (chip.Levels & 2) == 0);
    }

    [Fact]
    public async Task A_pulse_does_not_outlast_the_bus()
    {
        var chip = new SimulatedPcf8574();
        var map = Map("pcf8574", chip, "door: { field: p1, direction: output, write: true, pulse: 1 h, stop: keep }", new FakeMemory(), new ManualTimeProvider());
        await map.WriteAsync("pins.door", PointValue.From(true));
        Assert.Equal(2, chip.Levels & 2);
        await map.DisposeAsync();
        Assert.Equal(0, chip.Levels & 2);
    }

    [Fact]
    public async Task A_pulse_ends_as_it_was_to_though_the_map_changes_meanwhile()
    {
        var (time, chip) = (new ManualTimeProvider(), new SimulatedPcf8574());
        await using var map = Map("pcf8574", chip, $"{Door("p1")}, bell: {{ field: p2, direction: output, write: true, pulse: 1 s }}", new FakeMemory(), time);
        await map.WriteAsync("pins.door", PointValue.From(true));
        await map.WriteAsync("pins.bell", PointValue.From(true));
        await map.ReloadAsync(MapOf("pcf8574", $"{Door("p1")}, bell: {{ field: p2, direction: output, write: true, pulse: 9 s }}, lamp: {{ field: p3 }}"), "pins.bell");
        Assert.Equal(6, chip.Levels & 6);

        time.Advance(TimeSpan.FromMilliseconds(500));
        await Eventually.TrueAsync(() => (chip.Levels & 6) == 4);
        time.Advance(TimeSpan.FromMilliseconds(500));
        await Eventually.TrueAsync(() => (chip.Levels & 6) == 0);
    }

    [Fact]
    public async Task The_loss_of_the_uplink_may_be_told_by_a_pulse()
    {
        var (time, absence, chip) = (new ManualTimeProvider(), TimeSpan.Zero, new SimulatedPcf8574());
        await using var map = Map(
            "pcf8574", chip, "horn: { field: p1, direction: output, write: true, pulse: 5 s, on-uplink-loss: on, uplink-loss-after: 30 s }", new FakeMemory(), time, () => absence);
        map.Listen();
        await map.ReadAsync("pins");
        absence = TimeSpan.FromSeconds(31);
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return (chip.Levels & 2) != 0;
        });
        await Eventually.TrueAsync(() => map.Sink["horn"].Value == PointValue.From(true));
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return (chip.Levels & 2) == 0;
        });
        await Eventually.TrueAsync(() => map.Sink["horn"].Value == PointValue.From(false));
    }

    [Fact]
    public async Task One_command_does_not_begin_a_pulse_that_nobody_would_end()
    {
        var chip = ChipOf("mcp23017");
        await using var map = Map("mcp23017", chip, Door("gpa1"));
        Assert.Equal("a pulse is ended by the service; start it and write again", (await map.WriteAsync("pins.door", PointValue.From(true))).Error);
        Assert.Null((await map.WriteAsync("pins.door", PointValue.From(false))).Error);
    }

    private static string Door(string field) => $"door: {{ field: {field}, direction: output, write: true, pulse: 500 ms }}";

    private static string MapOf(string sensor, string points) => $"bus: {{ i2c: 1 }}\ndevices: [{{ name: pins, sensor: {sensor}, address: 0x20, points: {{ {points} }} }}]\n";

    private static I2cMap Map(
        string sensor, ISimulatedPins chip, string points, FakeMemory? memory = null, TimeProvider? timeProvider = null, Func<TimeSpan>? uplinkAbsence = null)
    {
        var map = new I2cMap(MapOf(sensor, points), timeProvider, memory, uplinkAbsence);
        map.Hardware[Address] = chip;
        return map;
    }

    private static ISimulatedPins ChipOf(string sensor) => sensor == "pcf8574" ? new SimulatedPcf8574() : new SimulatedMcp23017();

    private interface ISimulatedPins : ISimulatedChip
    {
        /// <summary>What the world puts on inputs.</summary>
        int Outside { get; set; }

        /// <summary>What the chip puts on its pins, those that it only pulls up included.</summary>
        int Levels { get; }

        /// <summary>All levels of outputs so far, since they are outputs.</summary>
        List<int> History { get; }

        /// <summary>Outputs and their levels, as somebody else left them.</summary>
        void Leave(int outputs, int levels);

        /// <summary>It is as after power-up.</summary>
        void LoseSupply();
    }

    private sealed class SimulatedPcf8574 : ISimulatedPins
    {
        public int Outside { get; set; }

        public int Levels { get; private set; } = 0xFF;

        public List<int> History { get; } = [];

        public void Leave(int outputs, int levels) => Levels = (0xFF & ~outputs) | levels;

        public void LoseSupply() => Levels = 0xFF;

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
        public SimulatedMcp23017() => LoseSupply();

        public int Outside { get; set; }

        public int Levels => (Registers[0x14] | Registers[0x15] << 8) & ~Directions;

        public List<int> History { get; } = [];

        public void Leave(int outputs, int levels)
        {
            Set(0, (byte)~outputs, (byte)(~outputs >> 8));
            Set(0x14, (byte)levels, (byte)(levels >> 8));
        }

        public void LoseSupply()
        {
            Array.Clear(Registers);
            Set(0, 0xFF, 0xFF);
        }

        /// <summary>The registers of a port stand together until its control register, which is at 0x05 then, says otherwise.</summary>
        public bool HasBanks { get; set; }

        private int Directions => Registers[0] | Registers[1] << 8;

        private int Polarities => Registers[2] | Registers[3] << 8;

        public override bool Write(ReadOnlySpan<byte> bytes)
        {
            if (!HasBanks)
            {
                return base.Write(bytes);
            }

            HasBanks = bytes is not [0x05, 0x00];
            return true;
        }

        public override bool Read(Span<byte> bytes)
        {
            var pins = ((Outside ^ Polarities) & Directions) | Levels;
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
}
