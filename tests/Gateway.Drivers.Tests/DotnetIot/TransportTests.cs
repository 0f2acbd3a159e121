using System.IO.Ports;
using System.Net;
using System.Net.Sockets;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Plugins;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers.DotnetIot.Hosting;
using Gateway.Drivers.DotnetIot.Transports;
using Gateway.Drivers.Tests.I2c;
using Gateway.Drivers.Tests.Modbus;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Tests.DotnetIot;

/// <summary>What the plug-in carries bytes by, as maps name it.</summary>
public sealed class TransportTests
{
    private readonly RecordingSink _sink = new();

    [Fact]
    public async Task Nmodbus_carries_reads_refusals_and_silence_over_a_socket()
    {
        await using var unit = new ScriptedUnit { Refuse = range => range.Address == 2000 ? ExceptionCode.IllegalDataAddress : ExceptionCode.None };
        var definition = Load($$"""
            bus: { modbus: tcp, host: 127.0.0.1, port: {{unit.Port}}, transport: nmodbus, timeout: 500 ms }
            devices: [{ name: meter, unit: 1, retries: 0, points: { a: { holding: 10 }, b: { input: 12 }, c: { coil: 3 }, refused: { holding: 2000 } } }]
            """);
        await using var bus = Open(definition);

        Assert.Equal(ReadStatus.Answered, (await ReadAsync(bus, definition)).Status);
        Assert.Equal(["10", "12", "true"], new[] { "a", "b", "c" }.Select(point => _sink[point].Value.ToString()));
        Assert.Equal("exception-2", _sink["refused"].Reason);

        // An answer that comes too late is none to the next request.
        unit.HoldBack = _ => true;
        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "timeout"), await ReadAsync(bus, definition));
        unit.HoldBack = _ => false;
        await unit.ReleaseAsync();
        unit.Offset = 100;
        Assert.Equal(ReadStatus.Answered, (await ReadAsync(bus, definition)).Status);
        Assert.Equal("110", _sink["a"].Value.ToString());
    }

    [Fact]
    public async Task A_connection_of_nmodbus_that_ends_is_opened_anew()
    {
        await using var unit = new ScriptedUnit();
        var definition = Load($"bus: {{ modbus: tcp, host: 127.0.0.1, port: {unit.Port}, transport: nmodbus }}\ndevices: [{{ name: meter, unit: 1, points: {{ a: {{ holding: 10 }} }} }}]\n");
        await using var bus = Open(definition);
        Assert.Equal(ReadStatus.Answered, (await ReadAsync(bus, definition)).Status);

        unit.Hangup();
        await ReadAsync(bus, definition);
        await Gateway.TestSupport.Eventually.TrueAsync(async () => (await ReadAsync(bus, definition)).Status == ReadStatus.Answered);

        Assert.True(unit.Connections >= 2);
    }

    [Fact]
    public async Task Nmodbus_carries_rtu_over_a_port_of_system_io_ports()
    {
        await using var meter = await Meter.PlugAsync("COM7", ModbusFraming.Rtu);
        var definition = Load("""
            bus: { modbus: rtu, port: COM7, baud: 19200, transport: nmodbus, timeout: 500 ms }
            devices: [{ name: meter, unit: 1, retries: 0, points: { a: { holding: 0 }, beyond: { holding: 9000 } } }]
            """);
        await using var bus = Open(definition);

        Assert.Equal(ReadStatus.Answered, (await ReadAsync(bus, definition)).Status);
        Assert.Equal("230", _sink["a"].Value.ToString());
        Assert.NotNull(_sink["beyond"].Reason);
    }

    [Fact]
    public async Task The_gateways_own_modbus_speaks_over_a_port_of_system_io_ports()
    {
        await using var meter = await Meter.PlugAsync("COM8", ModbusFraming.Rtu);
        var definition = Load("bus: { modbus: rtu, port: COM8, baud: 19200, transport: system-io-ports }\ndevices: [{ name: meter, unit: 1, points: { a: { holding: 0 } } }]\n");
        await using var bus = Open(definition);

        Assert.Equal(ReadStatus.Answered, (await ReadAsync(bus, definition)).Status);
        Assert.Equal("230", _sink["a"].Value.ToString());
    }

    [Fact]
    public async Task A_port_that_is_not_there_is_told_with_those_that_are()
    {
        await using var meter = await Meter.PlugAsync("COM9", ModbusFraming.Rtu);
        var bus = Load("bus: { modbus: rtu, port: COM99, transport: system-io-ports }\ndevices: [{ name: meter, unit: 1, points: { a: { holding: 0 } } }]\n");

        var fault = await Assert.ThrowsAsync<IOException>(() => new SerialPortTransport().OpenAsync(bus.Settings, CancellationToken.None).AsTask());

        Assert.StartsWith("COM99 cannot be opened by System.IO.Ports; it has ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("COM9", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_lifetime_of_systemd_is_handed_to_the_host()
    {
        var services = new ServiceCollection();

        new SystemdLifetimeExtension().AddServices(services);

        Assert.Single(services);
    }

    private static BusDefinition Load(string map)
    {
        var files = new I2cMap.Overlay(map);
        var result = new MapLoader([Driver], files).Load(["map.yaml"], new ProfileLibrary(files, ["library"]));
        Assert.Empty(result.Diagnostics);
        return result.Buses[0];
    }

    private static IDriver Driver { get; } =
        DriverCatalog.Create(transports: new ITransport[] { new NModbusTransport(), new SerialPortTransport() }).First(driver => driver.Schema.Name == "modbus");

    private static IBus Open(BusDefinition bus) => Driver.Open(bus, new DriverContext(TimeProvider.System, NullLogger.Instance));

    private async Task<ReadOutcome> ReadAsync(IBus bus, BusDefinition definition)
    {
        _sink.Clear();
        return await bus.CreateReader(definition.Devices[0], definition.Devices[0].Points).ReadAsync(_sink, CancellationToken.None);
    }

    /// <summary>A device on the other end of a port that is plugged in.</summary>
    private sealed class Meter : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private readonly NetworkStream _far;
        private readonly Task _serving;

        private Meter(NetworkStream far, ModbusFraming framing)
        {
            _far = far;
            var memory = new ModbusMemory();
            memory.SetRegisters(ModbusTable.HoldingRegisters, 0, 230);
            _serving = new ModbusServer(new Dictionary<byte, IModbusDataStore> { [1] = memory }, options: null, TimeProvider.System).ServeAsync(far, framing, _stopping.Token);
        }

        public static async Task<Meter> PlugAsync(string port, ModbusFraming framing)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var near = new TcpClient { NoDelay = true };
            await near.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
            SerialPort.Plug(port, near.GetStream());
            return new Meter(new NetworkStream(await listener.AcceptSocketAsync(), ownsSocket: true), framing);
        }

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _far.DisposeAsync();
            _stopping.Dispose();
        }
    }
}
