using System.Buffers.Binary;
using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.I2c;

/// <summary>A voltage that is put out: by command, and at the start, at the stop, without the uplink, and after the chip's supply was away.</summary>
public sealed class Mcp4725Tests
{
    [Fact]
    public async Task It_puts_out_a_voltage()
    {
        var chip = new SimulatedDac();
        var map = Map(chip, "write: true");

        Assert.Null((await map.WriteAsync("dac.out", PointValue.From(2.5m))).Error);
        Assert.Equal(["0800"], chip.Written); // DS22039 figure 6-1: the fast command has the four highest bits in its first byte
        await map.ReadAsync("dac");
        Assert.Equal("2.5", map["out"]);
        Assert.Null((await map.WriteAsync("dac.out", PointValue.From(5m))).Error);
        Assert.Equal("0FFF", chip.Written[^1]);
        Assert.Equal("'5.1' is not a voltage from 0 to 5 V", (await map.WriteAsync("dac.out", PointValue.From(5.1m))).Error);
        await map.DisposeAsync();
        Assert.Equal(["0800", "0FFF"], chip.Written); // one command leaves it so
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("start: on", 4095)]
    [InlineData("start: keep", 0x123)]
    [InlineData("start: last", 1024)]
    public async Task It_begins_as_it_is_asked_to(string start, int expected)
    {
        var memory = new FakeMemory();
        await using (var earlier = Map(new SimulatedDac(), "write: true", memory))
        {
            await earlier.WriteAsync("dac.out", PointValue.From(1.25m));
        }

        var chip = new SimulatedDac { Step = 0x123 };
        await using var map = Map(chip, $"write: true, {start}", memory);
        await map.ReadAsync("dac");

        Assert.Equal(expected, chip.Step);
        Assert.Equal(PointValue.From(expected * 5m / 4096).ToString(), map["out"]);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("stop: on", 4095)]
    [InlineData("stop: keep", 2048)]
    public async Task It_ends_as_it_is_asked_to(string stop, int expected)
    {
        var chip = new SimulatedDac();
        var map = Map(chip, $"write: true, {stop}", new FakeMemory());
        await map.WriteAsync("dac.out", PointValue.From(2.5m));
        await map.DisposeAsync();

        Assert.Equal(expected, chip.Step);
    }

    [Fact]
    public async Task The_loss_of_the_uplink_sets_it_once_and_is_told()
    {
        var (time, absence, chip) = (new ManualTimeProvider(), TimeSpan.Zero, new SimulatedDac());
        await using var map = Map(chip, "write: true, on-uplink-loss: off, uplink-loss-after: 30 s", new FakeMemory(), time, () => absence);
        map.Listen();
        await map.WriteAsync("dac.out", PointValue.From(2.5m));
        absence = TimeSpan.FromSeconds(31);
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return map.Sink.Finished.Count == 1;
        });
        Assert.Equal((0, "0"), (chip.Step, map["out"]));

        // Somebody on site decides otherwise, and that stays.
        Assert.Null((await map.WriteAsync("dac.out", PointValue.From(1.25m))).Error);
        time.Advance(TimeSpan.FromSeconds(1));
        await map.ReadAsync("dac");
        time.Advance(TimeSpan.FromSeconds(1));
        await map.ReadAsync("dac");
        Assert.Equal((1024, "1.25"), (chip.Step, map["out"]));
    }

    [Theory]
    [InlineData(0x800, 0xC0)] // what its memory says
    [InlineData(1024, 0xC2)] // powered down, as its memory says
    public async Task It_is_set_again_when_the_chip_has_lost_it(int step, int status)
    {
        var chip = new SimulatedDac();
        await using var map = Map(chip, "write: true", new FakeMemory());
        await map.WriteAsync("dac.out", PointValue.From(1.25m));
        (chip.Step, chip.Status) = (step, (byte)status);

        await map.ReadAsync("dac");

        Assert.Equal("1.25", map["out"]);
        Assert.Equal((1024, 0xC0), (chip.Step, (int)chip.Status));
    }

    [Fact]
    public async Task It_keeps_its_voltage_while_its_map_changes_but_not_when_its_point_is_another()
    {
        var chip = new SimulatedDac();
        await using var map = Map(chip, "write: true", new FakeMemory());
        await map.WriteAsync("dac.out", PointValue.From(2.5m));
        chip.Written.Clear();

        await map.ReloadAsync(MapOf("out", "write: true, every: 7 s, stop: on"), "dac.out");
        await map.ReadAsync("dac");
        Assert.Equal("2.5", map["out"]);
        Assert.All(chip.Written, written => Assert.Equal("0800", written));

        await map.ReloadAsync(MapOf("valve", "write: true, start: keep"));
        Assert.Equal(4095, chip.Step);
    }

    private static string MapOf(string point, string keys) => $"bus: {{ i2c: 1 }}\ndevices: [{{ name: dac, sensor: mcp4725, reference: 5, points: {{ {point}: {{ field: voltage, {keys} }} }} }}]\n";

    private static I2cMap Map(SimulatedDac chip, string keys, IPointMemory? memory = null, TimeProvider? timeProvider = null, Func<TimeSpan>? uplinkAbsence = null)
    {
        var map = new I2cMap(MapOf("out", keys), timeProvider, memory, uplinkAbsence);
        map.Hardware[0x60] = chip;
        return map;
    }

    /// <summary>DS22039, figures 6-1 and 6-3.</summary>
    private sealed class SimulatedDac : ISimulatedChip
    {
        public int Step { get; set; }

        public byte Status { get; set; } = 0xC0;

        public List<string> Written { get; } = [];

        public bool Write(ReadOnlySpan<byte> bytes)
        {
            Written.Add(Convert.ToHexString(bytes));
            Step = BinaryPrimitives.ReadUInt16BigEndian(bytes) & 0xFFF;
            Status = (byte)(0xC0 | ((bytes[0] >> 4 & 3) << 1));
            return true;
        }

        public bool Read(Span<byte> bytes)
        {
            ReadOnlySpan<byte> answer = [Status, (byte)(Step >> 4), (byte)(Step << 4), 0, 0];
            answer[..bytes.Length].CopyTo(bytes);
            return true;
        }
    }
}
