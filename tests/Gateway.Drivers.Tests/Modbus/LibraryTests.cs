using System.Net;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers.Modbus;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Tests.Modbus;

/// <summary>Each Modbus profile that ships: simulated, polled over TCP, every point there and plausible.</summary>
public sealed class LibraryTests : IDisposable
{
    private static readonly string Shipped = Path.Combine(Repository.Root, "devicemaps", "library");
    private static readonly ProfileLibrary Library = new(new DiskFiles(), [Shipped]);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-library-");

    public static TheoryData<string> Profiles => [.. Library.List().Where(name => Library.Describe(name)!.Driver == "modbus")];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Profiles))]
    public async Task A_simulated_device_shows_plausible_values_on_every_point(string profile)
    {
        await using var simulation = new ModbusSimulation(Load(profile, 502), TimeProvider.System, NullLogger.Instance);
        var port = simulation.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Port;
        var definition = Load(profile, port);
        var device = definition.Devices[0];
        await using var bus = new ModbusDriver().Open(definition, new DriverContext(TimeProvider.System, NullLogger.Instance));
        var sink = new RecordingSink();

        Assert.Equal(ReadOutcome.Answered, await bus.CreateReader(device, device.Points).ReadAsync(sink, CancellationToken.None));

        foreach (var point in device.Points)
        {
            var reading = sink[point.Name];
            Assert.True(reading.Quality == Quality.Good, $"{point}: {reading.Reason}");
            if (point.Unit is "V" or "Hz" or "°C" && point.Settings.TryGet<string>("simulate", out _) is false && reading.Value.TryGetNumber(out var raw))
            {
                var value = (raw * point.Scale) + point.Offset;
                var (low, high) = point.Unit switch { "V" => (220m, 240m), "Hz" => (49, 51), _ => (15, 25) };
                Assert.True(value >= low && value <= high, $"{point}: {value} {point.Unit}");
            }
        }
    }

    private BusDefinition Load(string profile, int port)
    {
        var path = Path.Combine(_folder.FullName, "map.yaml");
        File.WriteAllText(path, $"bus: {{ modbus: tcp, host: 127.0.0.1, port: {port}, timeout: 10 s }}\ndevices: [{{ name: device, profile: {profile} }}]\n");
        var result = new MapLoader(DriverCatalog.Create(), new DiskFiles()).Load([path], Library);
        Assert.Empty(result.Diagnostics);
        return Assert.Single(result.Buses);
    }
}
