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
    public async Task An_scd30_that_measures_is_left_alone_and_gives_its_last_values_between_measurements()
    {
        var time = new ManualTimeProvider();
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: room, sensor: scd30 }]\n", time, new FakeMemory());
        var sensor = new MeasuringScd30(time, isMeasuring: true);
        map.Hardware[0x61] = sensor;

        // Its memory wears, and has what it needs.
        var before = time.GetUtcNow();
        Assert.Equal(ReadOutcome.Answered, await ReadAsync(map, time));
        Assert.Equal(["0202", "4600", "0202", "0202", "0300"], sensor.Commands);
        Assert.Equal(("439.1", "27.24", "48.81"), (map["co2"], map["temperature"], map["humidity"]));
        var taken = map.Sink["co2"].Time;
        Assert.InRange(taken, before, time.GetUtcNow());

        time.Advance(TimeSpan.FromSeconds(1));
        await ReadAsync(map, time);
        Assert.Equal("439.1", map["co2"]);
        Assert.Equal(taken, map.Sink["co2"].Time);

        time.Advance(TimeSpan.FromSeconds(1));
        await ReadAsync(map, time);
        Assert.InRange(map.Sink["co2"].Time, taken + TimeSpan.FromSeconds(2), time.GetUtcNow());

        sensor.LoseMeasurement();
        time.Advance(TimeSpan.FromSeconds(5));
        await ReadAsync(map, time);
        Assert.Equal("not-ready", map["co2"]);
    }

    [Fact]
    public async Task An_scd30_that_does_not_measure_is_started_by_the_first_read_with_its_interval()
    {
        var time = new ManualTimeProvider();
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: room, sensor: scd30 }]\n", time, new FakeMemory());
        var sensor = new MeasuringScd30(time, isMeasuring: false) { Interval = [0, 5, 0x74] };
        map.Hardware[0x61] = sensor;

        await ReadAsync(map, time);
        Assert.Equal(["0202", "4600", "46000002E3", "0202", "0010000081", "0202"], sensor.Commands);
        Assert.Equal("not-ready", map["co2"]);
        time.Advance(TimeSpan.FromSeconds(2));
        await ReadAsync(map, time);
        Assert.Equal("439.1", map["co2"]);

        // One that has lost its supply and its memory is started again.
        sensor.LoseMeasurement();
        time.Advance(TimeSpan.FromSeconds(7));
        await Eventually.TrueAsync(async () =>
        {
            await ReadAsync(map, time);
            return sensor.Commands.Count(command => command == "0010000081") == 2;
        });
    }

    [Fact]
    public async Task One_read_of_a_new_scd30_without_the_service_starts_it_and_waits_for_what_it_measures()
    {
        var time = new ManualTimeProvider();
        var sensor = new MeasuringScd30(time, isMeasuring: false);
        for (var runs = 0; runs < 2; runs++)
        {
            await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: room, sensor: scd30 }]\n", time);
            map.Hardware[0x61] = sensor;

            Assert.Equal(ReadOutcome.Answered, await ReadAsync(map, time));

            Assert.Equal("439.1", map["co2"]);
            Assert.Single(sensor.Commands, "0010000081");
        }
    }

    [Fact]
    public async Task An_answer_that_is_no_number_is_not_damaged()
    {
        var time = new ManualTimeProvider();
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: room, sensor: scd30 }]\n", time, new FakeMemory());
        var sensor = Scd30(time);
        sensor.Answers["0202"] = [0, 1, 0xB0];
        sensor.Answers["0300"] = Convert.FromHexString("7FC06400008141D970E7FFF54243BF3A1B74"); // a quiet NaN
        map.Hardware[0x61] = sensor;

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "not-ready"), await ReadAsync(map, time));
    }

    [Fact]
    public async Task An_scd4x_is_stopped_before_it_is_started_and_started_again_when_it_has_lost_its_supply()
    {
        var time = new ManualTimeProvider();
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: room, sensor: scd4x }]\n", time, new FakeMemory());
        var sensor = Scd4x(time);
        map.Hardware[0x62] = sensor;
        Assert.Equal(ReadOutcome.Answered, await ReadAsync(map, time));
        Assert.Equal(["E4B8", "3F86", "21B1", "E4B8"], sensor.Commands);

        sensor.Answers["E4B8"] = [0x80, 0x06, 0x04];
        await ReadAsync(map, time);
        Assert.Equal(("500", "25", "37"), (map["co2"], map["temperature"], map["humidity"]));

        sensor.Answers["E4B8"] = [0x80, 0x00, 0xA2];
        sensor.Commands.Clear();
        time.Advance(TimeSpan.FromSeconds(16));
        await Eventually.TrueAsync(async () =>
        {
            await ReadAsync(map, time);
            return sensor.Commands.Contains("3F86");
        });
        Assert.Equal("not-ready", map["co2"]);
        Assert.Equal("21B1", sensor.Commands[sensor.Commands.IndexOf("3F86") + 1]);
    }

    [Fact]
    public async Task An_scd4x_that_measures_is_left_alone()
    {
        var time = new ManualTimeProvider();
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: room, sensor: scd4x }]\n", time, new FakeMemory());
        var sensor = Scd4x(time);
        sensor.Answers["E4B8"] = [0x80, 0x06, 0x04];
        map.Hardware[0x62] = sensor;

        await ReadAsync(map, time);
        Assert.Equal(["E4B8", "E4B8", "EC05"], sensor.Commands);
        Assert.Equal("500", map["co2"]);
    }

    [Fact]
    public async Task One_read_without_the_service_waits_for_what_is_measured()
    {
        var time = new ManualTimeProvider();
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: room, sensor: scd4x }]\n", time);
        var sensor = Scd4x(time);
        map.Hardware[0x62] = sensor;
        var read = map.ReadAsync("room");
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(20));
            return sensor.Commands.Contains("21B1");
        });
        sensor.Answers["E4B8"] = [0x80, 0x06, 0x04]; // 5 s later
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(20));
            return read.IsCompleted;
        });

        Assert.Equal(ReadOutcome.Answered, await read);
        Assert.Equal("500", map["co2"]);
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

    private static SimulatedCommands Scd30(TimeProvider time) => new(
        new() { ["0202"] = [0, 0, 0x81], ["4600"] = [0, 2, 0xE3], ["0300"] = Convert.FromHexString("43DBCB8C2E8F41D970E7FFF54243BF3A1B74") },
        time,
        TimeSpan.FromMilliseconds(3));

    private static SimulatedCommands Scd4x(TimeProvider time) => new(
        new() { ["E4B8"] = [0x80, 0x00, 0xA2], ["EC05"] = Convert.FromHexString("01F4336667A25EB93C") }, time, TimeSpan.FromMilliseconds(1));

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

    /// <summary>An SCD30 that has new values 2 s after it was started or read.</summary>
    private sealed class MeasuringScd30(ManualTimeProvider time, bool isMeasuring) : ISimulatedChip
    {
        private readonly SimulatedCommands _chip = Scd30(time);
        private bool _isMeasuring = isMeasuring;
        private long _since = time.GetTimestamp();

        public List<string> Commands => _chip.Commands;

        public byte[] Interval
        {
            init => _chip.Answers["4600"] = value;
        }

        public void LoseMeasurement() => _isMeasuring = false;

        public bool Write(ReadOnlySpan<byte> bytes)
        {
            var command = Convert.ToHexString(bytes);
            if (command is "0010000081" or "0300")
            {
                _isMeasuring = true;
                _since = time.GetTimestamp();
            }

            _chip.Answers["0202"] = _isMeasuring && time.GetElapsedTime(_since) >= TimeSpan.FromSeconds(2) ? [0, 1, 0xB0] : [0, 0, 0x81];
            return _chip.Write(bytes);
        }

        public bool Read(Span<byte> bytes) => _chip.Read(bytes);
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
