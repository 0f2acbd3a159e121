using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Example.Tests;

public sealed class Tmp117DriverTests
{
    private readonly SimulatedChip _chip = new();

    [Fact]
    public async Task A_temperature_is_read()
    {
        var reading = Assert.Single(await ReadAsync("{ name: attic, points: { temperature: { unit: °C } } }"));

        Assert.Equal("attic.temperature = 25 Good ", Describe(reading));
        Assert.Equal(0, _chip.OpenCount);
    }

    [Fact]
    public async Task A_chip_that_is_not_there_is_bad_and_its_reason_says_so() =>
        Assert.Equal("attic.temperature =  Bad no-ack", Describe(Assert.Single(await ReadAsync("{ name: attic, address: 0x49, points: { temperature: {} } }"))));

    [Fact]
    public async Task A_chip_that_has_not_measured_yet_has_no_temperature()
    {
        _chip.Registers[Tmp117.TemperatureRegister] = 0x8000;

        Assert.Equal("attic.temperature =  Bad not-ready", Describe(Assert.Single(await ReadAsync("{ name: attic, points: { temperature: {} } }"))));
    }

    [Fact]
    public async Task Another_chip_at_the_address_is_not_believed()
    {
        _chip.Registers[Tmp117.DeviceIdRegister] = 0x1234;

        Assert.Equal("attic.temperature =  Bad wrong-chip", Describe(Assert.Single(await ReadAsync("{ name: attic, points: { temperature: {} } }"))));
    }

    [Fact]
    public async Task A_bus_that_failed_is_opened_anew()
    {
        await using var bus = Open("{ name: attic, points: { temperature: {} } }", out var device);
        var reader = bus.CreateReader(device, device.Points);
        var sink = new Sink();

        _chip.Fault = new BusException(BusReasons.Gone, "The adapter is gone.", isBusFault: true);
        Assert.Equal(ReadStatus.BusFailed, (await reader.ReadAsync(sink, CancellationToken.None)).Status);
        Assert.Equal(0, _chip.OpenCount);

        _chip.Fault = null;
        Assert.Equal(ReadStatus.Answered, (await reader.ReadAsync(sink, CancellationToken.None)).Status);
        Assert.Equal(["gone", null], sink.Readings.Select(reading => reading.Reason));
    }

    [Theory]
    [InlineData("{ name: a, address: 0x50, points: { t: {} } }", "'address' must be between 72 and 75")]
    [InlineData("{ name: a, points: { t: { write: true } } }", "a thermometer has nothing to write")]
    [InlineData("{ name: a, points: { t: {} } }, { name: b, points: { t: {} } }", "0x48 is the address of a already")]
    public void A_wrong_map_is_refused_in_words(string devices, string sentence)
    {
        var diagnostic = Assert.Single(Load(devices).Diagnostics);

        Assert.Contains(sentence, diagnostic.ToString(), StringComparison.Ordinal);
    }

    private static string Describe(Reading reading) => $"{reading.Point} = {reading.Value} {reading.Quality} {reading.Reason}";

    private static MapLoadResult Load(string devices)
    {
        var folder = Directory.CreateTempSubdirectory("tmp117-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "map.yaml"), $"bus: {{ tmp117: 1 }}\ndevices: [{devices}]\n");
            return new MapLoader([new Tmp117Driver(new SimulatedChip())], new DiskFiles(folder.FullName)).Load(["map.yaml"]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private IBus Open(string device, out DeviceDefinition definition)
    {
        var bus = Assert.Single(Load(device).Buses);
        definition = bus.Devices[0];
        return new Tmp117Driver(_chip).Open(bus, new DriverContext(TimeProvider.System, NullLogger.Instance));
    }

    private async Task<List<Reading>> ReadAsync(string device)
    {
        var sink = new Sink();
        await using (var bus = Open(device, out var definition))
        {
            await bus.CreateReader(definition, definition.Points).ReadAsync(sink, CancellationToken.None);
        }

        return sink.Readings;
    }

    private sealed class Sink : IReadingSink
    {
        public List<Reading> Readings { get; } = [];

        public void Report(in Reading reading) => Readings.Add(reading);
    }
}
