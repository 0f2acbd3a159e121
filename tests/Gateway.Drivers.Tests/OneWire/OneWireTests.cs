using System.Text;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.OneWire;
using Gateway.Drivers.Tests.Sysfs;
using Gateway.TestSupport;
using static Gateway.Drivers.Tests.OneWire.SimulatedThermometers;

namespace Gateway.Drivers.Tests.OneWire;

/// <summary>Thermometers on 1-Wire through w1_therm's attributes.</summary>
public class OneWireTests
{
    private const string One = """
        bus: { onewire: 1 }
        devices: [{ name: boiler, sensor: ds18b20, id: 28-00000a1b2c3d, every: 10 s }]
        """;

    private const string Three = """
        bus: { onewire: 1 }
        devices:
          - { name: boiler, sensor: ds18b20, id: 28-00000a1b2c3d, every: 10 s }
          - { name: flow, sensor: ds18b20, id: 28-00000a1b2c3e, every: 10 s }
          - { name: outside, sensor: ds18s20, id: 10-00000a1b2c3f, every: 10 s }
        """;

    private readonly SimulatedThermometers _bus = new();
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task One_sensor_converts_when_it_is_read()
    {
        _bus.Plug("28-00000a1b2c3d", Warm, Frost);
        await using var map = new KernelMap(One, new OneWireDriver(_bus), _clock);

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("boiler"));
        Assert.Equal("18.25", map["temperature"]);
        await map.ReadAsync("boiler");
        Assert.Equal("-10.125", map["temperature"]);
        Assert.Equal((0, 2), (_bus.Together, _bus.Alone));
    }

    [Fact]
    public async Task Fuzzed_texts_of_the_kernel_cost_no_more_than_their_values()
    {
        var random = new Random(20261123);
        byte[][] texts = [.. new[] { Warm, Cool, Frost, PowerOn, Hot, WeakSupply, ShortCircuit }.Select(Encoding.UTF8.GetBytes)];
        for (var round = 0; round < 300 * Fuzz.Factor; round++)
        {
            _bus.Plug("28-00000a1b2c3d", [.. Enumerable.Range(0, 5).Select(_ => Encoding.UTF8.GetString(Fuzz.Mutate(texts[random.Next(texts.Length)], random)))]);
            await using var map = new KernelMap(One, new OneWireDriver(_bus), new HastyTimeProvider());
            for (var read = 0; read < 5; read++)
            {
                Assert.NotEqual(ReadStatus.BusFailed, (await map.ReadAsync("boiler")).Status);
            }
        }
    }

    [Fact]
    public async Task Sensors_that_come_due_together_convert_together()
    {
        PlugThree();
        await using var map = new KernelMap(Three, new OneWireDriver(_bus), _clock);

        for (var round = 1; round <= 3; round++)
        {
            Assert.Equal(["18.25", "16.062", "-10.125"], await ReadThreeAsync(map));
            Assert.Equal((round, 0), (_bus.Together, _bus.Alone));
            _clock.Advance(TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public async Task What_was_converted_long_ago_is_not_published_as_fresh()
    {
        PlugThree();
        _bus.Shown["28-00000a1b2c3e"] = new Queue<string>([Cool, Frost]);
        await using var map = new KernelMap(Three, new OneWireDriver(_bus), _clock);

        await map.ReadAsync("boiler");
        _clock.Advance(TimeSpan.FromSeconds(1.001));
        await map.ReadAsync("flow");

        Assert.Equal("-10.125", map["temperature"]);
        Assert.Equal(2, _bus.Together);
    }

    [Fact]
    public async Task What_was_converted_long_ago_is_thrown_away_where_they_cannot_convert_together_any_more()
    {
        PlugThree();
        _bus.Shown["28-00000a1b2c3e"] = new Queue<string>([Cool, Frost]);
        await using var map = new KernelMap(Three, new OneWireDriver(_bus), _clock);

        await map.ReadAsync("boiler");
        _bus.Remove($"{Master}/therm_bulk_read");
        _clock.Advance(TimeSpan.FromSeconds(2));
        await map.ReadAsync("flow");

        Assert.Equal("-10.125", map["temperature"]);
    }

    [Fact]
    public async Task A_sensor_whose_turn_comes_alone_converts_alone()
    {
        PlugThree();
        await using var map = new KernelMap(Three.Replace("c3e, every: 10 s", "c3e, every: 1 min", StringComparison.Ordinal).Replace("c3f, every: 10 s", "c3f, every: 1 min", StringComparison.Ordinal), new OneWireDriver(_bus), _clock);
        await ReadThreeAsync(map);

        _clock.Advance(TimeSpan.FromSeconds(10));
        await map.ReadAsync("boiler");

        Assert.Equal((1, 1), (_bus.Together, _bus.Alone));
    }

    [Fact]
    public async Task Without_the_attribute_they_convert_one_after_the_other()
    {
        PlugThree();
        _bus.Remove($"{Master}/therm_bulk_read");
        await using var map = new KernelMap(Three, new OneWireDriver(_bus), _clock);

        Assert.Equal(["18.25", "16.062", "-10.125"], await ReadThreeAsync(map));
        Assert.Equal((0, 3), (_bus.Together, _bus.Alone));
    }

    [Fact]
    public async Task A_user_who_may_not_make_them_convert_together_is_told_once()
    {
        PlugThree();
        var denied = new DenyingThermometers(_bus);
        await using var map = new KernelMap(Three, new OneWireDriver(denied), _clock);

        Assert.Equal(["18.25", "16.062", "-10.125"], await ReadThreeAsync(map));
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["18.25", "16.062", "-10.125"], await ReadThreeAsync(map));
        Assert.Equal("The sensors of onewire 1 convert one after the other, not together: It may not be written.", Assert.Single(map.Log.All));
        Assert.Equal(1, denied.Tries);
    }

    [Theory]
    [InlineData(PowerOn)]
    [InlineData(WeakSupply)]
    public async Task The_value_at_power_on_is_measured_again_and_counted(string shown)
    {
        _bus.Plug("28-00000a1b2c3d", Warm, shown, Cool);
        await using var map = new KernelMap(One, new OneWireDriver(_bus), _clock);
        await map.ReadAsync("boiler");

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("boiler"));
        Assert.Equal("16.062", map["temperature"]);
        Assert.Equal(new("power-on", 1), Assert.Single(map.Context.Errors.Of("boiler")));
    }

    [Fact]
    public async Task The_value_at_power_on_is_never_published()
    {
        _bus.Plug("28-00000a1b2c3d", PowerOn);
        await using var map = new KernelMap(One, new OneWireDriver(_bus), _clock);

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "power-on"), await map.ReadAsync("boiler"));
        Assert.Equal("power-on", map["temperature"]);

        _bus.Shown["28-00000a1b2c3d"] = new Queue<string>([Warm]);
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("boiler"));
    }

    [Fact]
    public async Task A_sensor_that_measured_85_degrees_is_believed()
    {
        _bus.Plug("28-00000a1b2c3d", Hot);
        await using var map = new KernelMap(One, new OneWireDriver(_bus), _clock);

        await map.ReadAsync("boiler");
        Assert.Equal("85", map["temperature"]);
    }

    [Fact]
    public async Task An_imitation_that_was_near_85_degrees_is_believed()
    {
        _bus.Plug("28-00000a1b2c3d", NearlyHot, PowerOn);
        await using var map = new KernelMap(One, new OneWireDriver(_bus), _clock);

        await map.ReadAsync("boiler");
        Assert.Equal("84", map["temperature"]);
        await map.ReadAsync("boiler");
        Assert.Equal("85", map["temperature"]);
    }

    [Theory]
    [InlineData("", "no-ack")]
    [InlineData(ShortCircuit, "bus-stuck")]
    [InlineData("24 01 4b 46 7f ff 0c 10 48 : crc=49 NO\n24 01 4b 46 7f ff 0c 10 48 t=18250", "checksum")]
    [InlineData("25 01 4b 46 7f ff 0c 10 48 : crc=48 YES\n25 01 4b 46 7f ff 0c 10 48 t=18312", "checksum")]
    [InlineData("nonsense", "io-error")]
    public async Task What_is_no_measurement_is_bad_and_comes_back(string shown, string reason)
    {
        _bus.Plug("28-00000a1b2c3d", shown, Warm);
        await using var map = new KernelMap(One, new OneWireDriver(_bus), _clock);

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, reason), await map.ReadAsync("boiler"));
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("boiler"));
        Assert.Equal("18.25", map["temperature"]);
    }

    [Fact]
    public async Task A_sensor_that_is_pulled_does_not_keep_the_others_waiting_and_comes_back()
    {
        PlugThree();
        await using var map = new KernelMap(Three, new OneWireDriver(_bus), _clock);
        await ReadThreeAsync(map);

        _bus.Remove($"{Master}/28-00000a1b2c3e");
        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "no-ack"), await map.ReadAsync("flow"));
        Assert.Contains("28-00000a1b2c3e is not on 1-Wire master 1; there are 10-00000a1b2c3f, 28-00000a1b2c3d.", Assert.Single(map.Log.All), StringComparison.Ordinal);
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("boiler"));

        _bus.Plug("28-00000a1b2c3e", Cool);
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("flow"));
    }

    [Fact]
    public async Task A_master_that_vanishes_fails_the_bus_and_comes_back()
    {
        _bus.Plug("28-00000a1b2c3d", Warm);
        await using var map = new KernelMap(One, new OneWireDriver(_bus), _clock);
        await map.ReadAsync("boiler");

        _bus.Remove(Master);
        Assert.Equal(new ReadOutcome(ReadStatus.BusFailed, "gone"), await map.ReadAsync("boiler"));
        Assert.Contains("add 'dtoverlay=w1-gpio' to /boot/firmware/config.txt", Assert.Single(map.Log.All), StringComparison.Ordinal);

        _bus.Plug("28-00000a1b2c3d", Warm);
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("boiler"));
    }

    [Fact]
    public async Task The_resolution_is_written_where_it_differs_and_again_after_a_loss_of_supply()
    {
        _bus.Plug("28-00000a1b2c3d", Warm, PowerOn, Warm);
        await using var map = new KernelMap(One.Replace("every:", "resolution: 10, every:", StringComparison.Ordinal), new OneWireDriver(_bus), _clock);

        await map.ReadAsync("boiler");
        Assert.Equal(($"{Master}/28-00000a1b2c3d/resolution", "10\n"), Assert.Single(_bus.Written));
        _bus[$"{Master}/28-00000a1b2c3d/resolution"] = "12";
        await map.ReadAsync("boiler");
        await map.ReadAsync("boiler");
        Assert.Equal(2, _bus.Written.Count);
        Assert.DoesNotContain(_bus.Written, write => write.Path.EndsWith("eeprom", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_sensor_whose_resolution_cannot_be_set_is_read_all_the_same()
    {
        _bus.Plug("28-00000a1b2c3d", Warm);
        _bus.Remove($"{Master}/28-00000a1b2c3d/resolution");
        await using var map = new KernelMap(One.Replace("every:", "resolution: 10, every:", StringComparison.Ordinal), new OneWireDriver(_bus), _clock);

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("boiler"));
        Assert.StartsWith("The resolution of boiler stays as it is, not 10 bits:", Assert.Single(map.Log.All), StringComparison.Ordinal);
    }

    [Fact]
    public void The_load_counts_one_conversion_for_all_of_a_rate()
    {
        var driver = new OneWireDriver(_bus);
        var load = driver.EstimateLoad(Tests.I2c.I2cMap.Load(Three, [driver]));

        Assert.Equal("3 sensors in 795 ms every 10 s", load.Arithmetic);
        Assert.Equal(0.0795, load.Utilisation, 4);
    }

    [Fact]
    public void A_scan_names_sensors_and_measures()
    {
        PlugThree();
        _bus[$"{Master}/05-000003a81e5f/id"] = "";

        Assert.Equal(
            [
                new OneWireFind(1, "05-000003a81e5f", null, null, null),
                new OneWireFind(1, "10-00000a1b2c3f", "ds18s20", -10.125m, null),
                new OneWireFind(1, "28-00000a1b2c3d", "ds18b20", 18.25m, null),
                new OneWireFind(1, "28-00000a1b2c3e", "ds18b20", 16.062m, null),
            ],
            OneWireScanner.Scan(_bus));
        Assert.Equal((1, 0), (_bus.Together, _bus.Alone));
    }

    private void PlugThree()
    {
        _bus.Plug("28-00000a1b2c3d", Warm);
        _bus.Plug("28-00000a1b2c3e", Cool);
        _bus.Plug("10-00000a1b2c3f", Frost);
    }

    private static async Task<List<string>> ReadThreeAsync(KernelMap map)
    {
        var read = new List<string>();
        foreach (var device in (string[])["boiler", "flow", "outside"])
        {
            await map.ReadAsync(device);
            read.Add(map["temperature"]);
        }

        return read;
    }

    private sealed class DenyingThermometers(SimulatedThermometers inner) : Linux.Sysfs.ISysfs
    {
        public int Tries { get; private set; }

        public string Read(string path) => inner.Read(path);

        public void Write(string path, string text)
        {
            Tries++;
            throw new BusException(BusReasons.Denied, "It may not be written.");
        }

        public bool Exists(string path) => inner.Exists(path);

        public IReadOnlyList<string> List(string folder) => inner.List(folder);

        public string? ReadLink(string path) => inner.ReadLink(path);
    }
}
