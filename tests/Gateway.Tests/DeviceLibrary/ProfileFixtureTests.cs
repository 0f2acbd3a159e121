using System.Net;
using System.Net.Sockets;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Server;
using Gateway.Runtime.Mapping;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.DeviceLibrary;

/// <summary>
/// Each Modbus profile that ships reads a device whose registers are known: over TCP, through the driver and the mapping,
/// every point to what is published of it.
/// </summary>
public sealed class ProfileFixtureTests : IDisposable
{
    private static readonly ProfileLibrary Library = new(new DiskFiles(), [Path.Combine(Repository.Root, "devicemaps", "library")]);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-profiles-");

    /// <summary>SunSpec profiles are found by what the device says of itself: <c>SunSpecTests</c> shows them.</summary>
    public static TheoryData<string> Profiles =>
        [.. Library.List().Where(name => Library.Describe(name) is { Driver: "modbus" } profile && !profile.Points.Any(point => point.Find("sunspec") is not null))];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Profiles))]
    public async Task A_profile_publishes_what_its_device_holds(string profile)
    {
        var states = ProfileFixture.Read(profile);
        Assert.True(states.Count > 0, $"{profile} has no fixture: write tests/data/profiles/{profile}.txt");
        var unread = Library.Describe(profile)!.Points.Select(point => point.Name).Except(states[0].Expected.Keys);
        Assert.True(!unread.Any(), $"the fixture of {profile} says nothing of {string.Join(", ", unread)}");
        foreach (var state in states)
        {
            var published = await PublishAsync(profile, state);
            Assert.Equal(
                state.Expected.Select(pair => $"{pair.Key} = {pair.Value}"),
                state.Expected.Select(pair => $"{pair.Key} = {published.GetValueOrDefault(pair.Key)}"));
        }
    }

    [Fact]
    public void Every_fixture_has_its_profile() => Assert.Empty(ProfileFixture.List().Except(Library.List()));

    private async Task<Dictionary<string, string>> PublishAsync(string profile, ProfileFixture state)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stopping = new CancellationTokenSource();
        var definition = Load(profile, ((IPEndPoint)listener.LocalEndpoint).Port);
        var device = Assert.Single(definition.Devices);
        var server = new ModbusServer(new Dictionary<byte, IModbusDataStore> { [(byte)device.Settings.Get<long>("unit")] = state.CreateMemory() });
        var serving = ServeAsync(listener, server, stopping.Token);
        var sink = new Sink();
        await using (var bus = DriverCatalog.Create().First(driver => driver.Schema.Name == "modbus").Open(definition, new DriverContext(TimeProvider.System, NullLogger.Instance)))
        {
            Assert.Equal(ReadOutcome.Answered, await bus.CreateReader(device, device.Points).ReadAsync(sink, CancellationToken.None));
        }

        await stopping.CancelAsync();
        await serving;
        return sink.Readings.ToDictionary(reading => reading.Point.Name, reading => Describe(new PointMapper(reading.Point).Map(reading).Measurement));
    }

    private static string Describe(Measurement measurement) => measurement.Quality == Quality.Good ? measurement.Value.ToString() : $"!{measurement.Reason}";

    private static async Task ServeAsync(TcpListener listener, ModbusServer server, CancellationToken cancellationToken)
    {
        using var socket = await listener.AcceptSocketAsync(CancellationToken.None);
        await server.ServeAsync(new NetworkStream(socket), ModbusFraming.Tcp, cancellationToken);
    }

    private BusDefinition Load(string profile, int port)
    {
        var path = Path.Combine(_folder.FullName, "map.yaml");
        File.WriteAllText(path, $"bus: {{ modbus: tcp, host: 127.0.0.1, port: {port} }}\ndevices: [{{ name: device, profile: {profile}, timeout: 30 s }}]\n");
        var result = new MapLoader(DriverCatalog.Create(), new DiskFiles()).Load([path], Library);
        Assert.Empty(result.Diagnostics);
        return Assert.Single(result.Buses);
    }

    private sealed class Sink : IReadingSink
    {
        public List<Reading> Readings { get; } = [];

        public void Report(in Reading reading) => Readings.Add(reading);
    }
}
