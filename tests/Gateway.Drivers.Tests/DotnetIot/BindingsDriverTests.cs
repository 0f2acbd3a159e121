using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers.DotnetIot.Bindings;
using Gateway.Drivers.Tests.I2c;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Tests.DotnetIot;

/// <summary>The generic driver of the plug-in on bindings that are made up, as maps name them.</summary>
public sealed class BindingsDriverTests
{
    private readonly Adapter _adapter = new();
    private readonly RecordingSink _sink = new();
    private readonly DriverContext _context = new(TimeProvider.System, NullLogger.Instance);

    [Fact]
    public async Task Members_are_read_and_become_values_in_the_unit_of_the_point()
    {
        _adapter.Chip.Set(1, 250, 21, 7, 8);

        Assert.Equal(ReadOutcome.Answered, await ReadAsync("""
            with: { gain: 2 }, set: { TemperatureSampling: HighResolution, Wait: 1.5 s }, points: {
              temperature: { member: TryReadTemperature, unit: °C }, kelvin: { member: TryReadTemperature, unit: K }, light: { member: GetLight },
              first: { member: Read.First }, second: { member: Read.Second }, x: { member: Acceleration.X }, all: { member: Acceleration },
              sampling: { member: TemperatureSampling }, wait: { member: Wait }, gain: { member: Gain } }
            """));

        Assert.Equal(
            ["temperature -23.15", "kelvin 250", "light 42", "first 7", "second 8", "x 0.5", "all [0.5,-1,9.5]", "sampling HighResolution", "wait 1.5", "gain 2"],
            _sink.All.Select(reading => $"{reading.Point.Name} {(reading.Quality == Quality.Good ? Rounded(reading.Value) : reading.Reason)}"));
        // Each root was called once: id, temperature, light, both.
        Assert.Equal(["D0", "01", "02", "03", "04"], _adapter.Registers);
    }

    [Fact]
    public async Task A_device_that_names_no_points_has_what_its_binding_marks_as_telemetry()
    {
        _adapter.Chip.Set(1, 250, 21);

        Assert.Equal(ReadOutcome.Answered, await ReadAsync("every: 30 s"));

        Assert.Equal(
            ["chip.temperature -23.15 °C every 30 s", "chip.brightness 21  every 30 s"],
            _sink.All.Select(reading => $"{reading.Point} {Rounded(reading.Value)} {reading.Point.Unit} every {reading.Point.Every.TotalSeconds} s"));
    }

    [Fact]
    public async Task Properties_that_are_marked_are_points_with_their_quantities_units()
    {
        _adapter.Chip.Set(0, 45, 46);
        var result = LoadAll("- { name: chip, address: 0x76, binding: Barometer, every: 30 s }");
        Assert.Empty(result.Diagnostics);
        await using var bus = Open(result.Buses[0], out var reader);

        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));

        Assert.Equal(["chip.humidity 45 %", "chip.case-temperature 46 °C"], _sink.All.Select(reading => $"{reading.Point} {Rounded(reading.Value)} {reading.Point.Unit}"));
    }

    [Theory]
    [InlineData("binding: Bme28", "Iot.Device.Bindings has no class 'Bme28'; did you mean Iot.Device.Bmxx80.Bme280?")]
    [InlineData("binding: Iot.Device.Made.Twin", "Twin marks nothing as telemetry, so that the device needs 'points'; it offers value: { member: Value }")]
    [InlineData("binding: bme280, evry: 1 s", "unknown key 'evry' in a dotnet-iot device; did you mean 'every'?")]
    [InlineData("binding: bme280, with: { gian: 2 }", "no constructor of Bme280 can be called with the hardware of a dotnet-iot i2c bus and 'with' gian; it has Bme280(I2cDevice device, Int32 gain = 1)")]
    public void Why_a_device_has_no_points_is_told(string device, string expected) => Assert.Equal(expected, Assert.Single(Check(device)).Message);

    [Fact]
    public void The_maps_of_the_readme_have_no_unknown_keys()
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "src", "Gateway.Drivers.DotnetIot", "README.md"));
        var maps = readme.Split("```yaml\n").Skip(1).Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)]).Where(map => map.StartsWith("bus:", StringComparison.Ordinal)).ToList();
        Assert.True(maps.Count >= 5);
        var messages = maps.SelectMany(map => Load(new I2cMap.Overlay(map)).Diagnostics).Select(finding => finding.Message).ToList();

        Assert.DoesNotContain(messages, message => message.StartsWith("unknown key", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_refused_costs_its_own_point_and_what_the_bus_refuses_makes_the_binding_anew()
    {
        const string Map = "points: { light: { member: GetLight }, broken: { member: Broken }, temperature: { member: TryReadTemperature, unit: K } }";
        await using var bus = Open(Load(Map), out var reader);
        _adapter.Chip.Set(1, 0, 21);

        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
        Assert.Equal([null, "binding-fault", "not-ready"], _sink.All.Select(reading => reading.Reason));

        _sink.Clear();
        _adapter.Bus.Fault = new BusException(BusReasons.NoAck, "Nothing acknowledges 0x76.");
        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "no-ack"), await reader.ReadAsync(_sink, CancellationToken.None));
        Assert.All(_sink.All, reading => Assert.Equal("no-ack", reading.Reason));

        _adapter.Bus.Fault = null;
        _adapter.Registers.Clear();
        _sink.Clear();
        await reader.ReadAsync(_sink, CancellationToken.None);
        Assert.Equal(Quality.Good, _sink["light"].Quality);
        Assert.Equal("D0", _adapter.Registers[0]); // its constructor
        Assert.Equal([new("binding-fault", 2), new("no-ack", 1)], _context.Errors.Of("chip"));
    }

    [Theory]
    [InlineData("binding: Bme28", "Iot.Device.Bindings has no class 'Bme28'; did you mean Iot.Device.Bmxx80.Bme280?")]
    [InlineData("binding: Twin", "'Twin' is ambiguous: it is Iot.Device.MadeToo.Twin, Iot.Device.Made.Twin")]
    [InlineData("binding: bme280, with: { gian: 2 }", "no constructor of Bme280 can be called with the hardware of a dotnet-iot i2c bus and 'with' gian; it has Bme280(I2cDevice device, Int32 gain = 1)")]
    [InlineData("binding: bme280, with: { gain: much }", "'gain' of Bme280 must be a whole number from -2147483648 to 2147483647, found 'much'")]
    [InlineData("binding: bme280, set: { Sampling: x }", "Bme280 has no property 'Sampling' that can be set; it has TemperatureSampling, Wait")]
    [InlineData("binding: bme280, set: { TemperatureSampling: high }", "'TemperatureSampling' of Bme280 must be one of Skipped, HighResolution, found 'high'")]
    public void What_a_device_says_wrong_is_told(string device, string expected) =>
        Assert.Contains(expected, Check($"{device}, points: {{ id: {{ member: Id }} }}").Select(finding => finding.Message));

    [Theory]
    [InlineData("member: Read", "'Read' is a BothValues, which is no value; say one of Read.First, Read.Second")]
    [InlineData("member: TryReadTemperature, unit: bar", "'bar' is no unit of Temperature; it has °C, K")]
    [InlineData("member: Id, write: true", "a binding's members are read only; remove 'write'")]
    public void What_a_point_says_wrong_is_told(string point, string expected) =>
        Assert.Equal(expected, Assert.Single(Check($"binding: bme280, points: {{ p: {{ {point} }} }}")).Message);

    [Fact]
    public void What_a_binding_offers_is_listed_as_points_to_paste_telemetry_first()
    {
        var message = Assert.Single(Check("binding: bme280, points: { p: { member: \"?\" } }")).Message;

        Assert.StartsWith("'?' is no member of Bme280 that can be read; it offers temperature: { member: TryReadTemperature, unit: \"°C\" }, brightness: { member: GetLight }, ", message, StringComparison.Ordinal);
        Assert.Contains("first: { member: Read.First }", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_chips_of_one_address_and_one_without_are_told()
    {
        var findings = Findings("""
            - { name: a, binding: bme280, address: 0x76, points: { id: { member: Id } } }
            - { name: b, binding: bme280, address: 0x76, points: { id: { member: Id } } }
            - { name: c, binding: bme280, points: { id: { member: Id } } }
            """);

        Assert.Equal(["0x76 is the address of a already", "c needs 'address', for example address: 0x76"], findings.Select(finding => finding.Message));
    }

    private static string Rounded(PointValue value) => value.TryGetNumber(out var number) ? PointValue.From(decimal.Round(number, 2)).ToString() : value.ToString();

    private static IReadOnlyList<Diagnostic> Check(string device) => Findings($"- {{ name: chip, address: 0x76, {device} }}");

    private static IReadOnlyList<Diagnostic> Findings(string devices) => LoadAll(devices).Diagnostics;

    private static MapLoadResult LoadAll(string devices) => Load(new I2cMap.Overlay($"bus: {{ dotnet-iot: i2c, adapter: 1 }}\ndevices:\n{devices}\n"));

    private static MapLoadResult Load(I2cMap.Overlay files) =>
        new MapLoader([new BindingsDriver(new Adapter()), .. DriverCatalog.Create()], files).Load(["map.yaml"], new ProfileLibrary(files, ["library"]));

    private static BusDefinition Load(string device)
    {
        var result = LoadAll($"- {{ name: chip, address: 0x76, binding: Iot.Device.Bmxx80.Bme280, {device} }}");
        Assert.Empty(result.Diagnostics);
        return result.Buses[0];
    }

    private IBus Open(BusDefinition definition, out IPointReader reader)
    {
        var bus = new BindingsDriver(_adapter).Open(definition, _context);
        reader = bus.CreateReader(definition.Devices[0], definition.Devices[0].Points);
        return bus;
    }

    private async Task<ReadOutcome> ReadAsync(string device)
    {
        await using var bus = Open(Load(device), out var reader);
        return await reader.ReadAsync(_sink, CancellationToken.None);
    }

    /// <summary>A machine whose one adapter has a chip of registers at 0x76.</summary>
    private sealed class Adapter : IHardware
    {
        public Adapter()
        {
            Bus[0x76] = Chip;
        }

        public SimulatedI2cBus Bus { get; } = new();

        public Recording Chip { get; } = new();

        public List<string> Registers => Chip.Asked;

        public II2cBus OpenI2c(string adapter) => Bus.Open();

        public ISpiDevice OpenSpi(string device, SpiSettings settings) => throw new NotSupportedException();

        public IGpioChip OpenGpio(string chip) => throw new NotSupportedException();
    }

    private sealed class Recording : SimulatedRegisters
    {
        public List<string> Asked { get; } = [];

        public override bool Write(ReadOnlySpan<byte> bytes)
        {
            Asked.Add(Convert.ToHexString(bytes));
            return base.Write(bytes);
        }
    }
}
