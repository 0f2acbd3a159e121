using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Plugins;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Tests.Plugins;

/// <summary>A bus whose bytes a plug-in carries.</summary>
public sealed class PluginTransportTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("transport-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_bus_speaks_through_the_transport_that_its_map_names()
    {
        await using var transport = new OtherEnd();
        var bus = Assert.Single(Load("modbus: rtu, port: COM3, transport: other-end", transport).Buses);
        var sink = new Sink();

        await using (var open = Driver(transport).Open(bus, new DriverContext(TimeProvider.System, NullLogger.Instance)))
        {
            var device = bus.Devices[0];
            Assert.Equal(ReadStatus.Answered, (await open.CreateReader(device, device.Points).ReadAsync(sink, CancellationToken.None)).Status);
        }

        Assert.Equal("230", Assert.Single(sink.Readings).Value.ToString());
        Assert.Equal("COM3", transport.Port);
    }

    [Theory]
    [InlineData("modbus: rtu, port: COM3, transport: nobody")]
    [InlineData("modbus: tcp, host: 10.0.0.7, transport: nobody")]
    public void A_transport_that_no_plugin_has_is_refused(string keys)
    {
        using var transport = new OtherEnd();

        Assert.EndsWith("error: there is no transport 'nobody'; the plug-ins have other-end", Assert.Single(Load(keys, transport).Diagnostics).ToString(), StringComparison.Ordinal);
        Assert.EndsWith("error: there is no transport 'nobody'; no plug-in that is loaded has one", Assert.Single(Load(keys).Diagnostics).ToString(), StringComparison.Ordinal);
    }

    private static IDriver Driver(params ITransport[] transports) => DriverCatalog.Create(transports: transports).First(driver => driver.Schema.Name == "modbus");

    private MapLoadResult Load(string keys, params ITransport[] transports)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "map.yaml"), $"bus: {{ {keys} }}\ndevices: [{{ name: meter, unit: 1, points: {{ voltage: {{ holding: 0 }} }} }}]\n");
        return new MapLoader([Driver(transports)], new DiskFiles(_folder.FullName)).Load(["map.yaml"]);
    }

    /// <summary>Carries the bytes to a server in the same process.</summary>
    private sealed class OtherEnd : ITransport, IDisposable, IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private Task _serving = Task.CompletedTask;

        public string Name => "other-end";

        public string? Port { get; private set; }

        public ValueTask<Stream> OpenAsync(Settings bus, CancellationToken cancellationToken)
        {
            Port = bus.Get<string>("port");
            var memory = new ModbusMemory();
            memory.SetRegisters(ModbusTable.HoldingRegisters, 0, 230);
            var server = new ModbusServer(new Dictionary<byte, IModbusDataStore> { [1] = memory }, options: null, TimeProvider.System);
            var (near, far) = DuplexStream.Create();
            _serving = server.ServeAsync(far, ModbusFraming.Rtu, _stopping.Token);
            return ValueTask.FromResult<Stream>(near);
        }

        public void Dispose() => _stopping.Dispose();

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stopping.Dispose();
        }
    }

    private sealed class Sink : IReadingSink
    {
        public List<Reading> Readings { get; } = [];

        public void Report(in Reading reading) => Readings.Add(reading);
    }
}
