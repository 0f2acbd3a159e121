using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Serial;
using Gateway.Drivers.Simulated;
using Gateway.Modbus.Server;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Tests.Serial;

/// <summary>The driver against simulated devices on pseudo-terminals, with the ports that a gateway opens.</summary>
public sealed class SerialSimulationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-serial-");
    private readonly RecordingSink _sink = new();

    private string Port => Path.Combine(_folder.FullName, "port");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("nmea", 12)]
    [InlineData("dsmr", 9)]
    [InlineData("sds011", 2)]
    [InlineData("pms5003", 12)]
    [InlineData("scale", 2)]
    public async Task A_simulated_device_of_every_protocol_is_heard(string protocol, int points)
    {
        var definition = SerialMaps.Load($"bus: {{ serial: {Port}, baud: 115200 }}\ndevices: [{{ name: device, protocol: {protocol} }}]\n");
        await using var simulation = new SerialSimulation(definition, TimeProvider.System);
        simulation.OpenPort(Port);
        await using var bus = (IListeningBus)new SerialDriver().Open(definition, new DriverContext(TimeProvider.System, NullLogger.Instance));
        using var stopping = new CancellationTokenSource();
        var listening = bus.ListenAsync(_sink, stopping.Token);

        await Eventually.TrueAsync(() => _sink.All.Select(reading => reading.Point.Name).Distinct().Count() >= points);
        Assert.All(_sink.All, reading => Assert.Equal(Quality.Good, reading.Quality));
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening);
    }

    [Fact]
    public async Task A_recording_and_faults_go_into_the_frames()
    {
        var definition = SerialMaps.Load($"bus: {{ serial: {Port} }}\ndevices: [{{ name: scale, protocol: scale }}, {{ name: gps, protocol: nmea }}]\n");
        var options = new SimulationOptions
        {
            Replay = Replay.Read(new StringReader("time,scale.weight\n0,12.5\n")),
            Faults = new Dictionary<string, ModbusFaults> { ["gps"] = new() { Corrupt = 1 } },
        };
        await using var simulation = new SerialSimulation(definition, TimeProvider.System, options);
        simulation.OpenPort(Port);
        var context = new DriverContext(TimeProvider.System, NullLogger.Instance);
        await using var bus = (IListeningBus)new SerialDriver().Open(definition, context);
        using var stopping = new CancellationTokenSource();
        var listening = bus.ListenAsync(_sink, stopping.Token);

        // A flipped bit may be harmless, as in the case of a checksum's letter.
        await Eventually.TrueAsync(() => _sink.All.Count(reading => reading.Point.Name == "weight") >= 3 && context.Errors.Of("gps").Sum(error => error.Value) >= 3);
        Assert.All(_sink.All.Where(reading => reading.Point.Name == "weight"), reading => Assert.Equal("12.5", reading.Value.ToString()));
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening);
    }

    [Fact]
    public async Task A_simulated_device_answers_and_a_port_that_comes_back_is_taken_up_again()
    {
        var definition = SerialMaps.Load($"bus: {{ serial: {Port} }}\ndevices: [{{ name: air, protocol: mh-z19 }}]\n");
        await using var bus = new SerialDriver().Open(definition, new DriverContext(TimeProvider.System, NullLogger.Instance));
        var reader = bus.CreateReader(definition.Devices[0], definition.Devices[0].Points);
        Assert.Equal(new ReadOutcome(ReadStatus.BusFailed, "port-missing"), await reader.ReadAsync(_sink, CancellationToken.None));

        for (var plugged = 0; plugged < 2; plugged++)
        {
            await using (var simulation = new SerialSimulation(definition, TimeProvider.System))
            {
                simulation.OpenPort(Port);
                await Eventually.TrueAsync(async () => await reader.ReadAsync(_sink, CancellationToken.None) == ReadOutcome.Answered);
                Assert.Equal("608", _sink["co2"].Value.ToString());
            }

            await Eventually.TrueAsync(async () => (await reader.ReadAsync(_sink, CancellationToken.None)).Status == ReadStatus.BusFailed);
            Assert.Equal(Quality.Bad, _sink["co2"].Quality);
        }
    }
}
