using System.Net;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Modbus;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Drivers.Tests.Definitions;

namespace Gateway.Drivers.Tests.Modbus;

public class ModbusSimulationTests
{
    private readonly ModbusDriver _driver = new();

    [PeerFact(Peer.Mbpoll)]
    public async Task Another_master_reads_what_the_waveforms_say()
    {
        var device = Device(
            _driver.Schema,
            [("unit", 9)],
            Point(_driver.Schema, "float", ("holding", 10), ("type", "float32"), ("simulate", "constant(230.1)")),
            Point(_driver.Schema, "int", ("holding", 12), ("type", "int16"), ("simulate", "constant(-235)")),
            Point(_driver.Schema, "clamped", ("holding", 13), ("simulate", "constant(70000)")),
            Point(_driver.Schema, "bit1", ("holding", 14), ("bit", 1), ("simulate", "constant(true)")),
            Point(_driver.Schema, "bit3", ("holding", 14), ("bit", 3), ("simulate", "constant(true)")),
            Point(_driver.Schema, "coil", ("coil", 2), ("simulate", "constant(true)")));
        await using var simulation = Simulate(device);
        var port = simulation.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Port;

        var floats = await MbpollAsync(port, "-r", "10", "-c", "1", "-t", "4:float", "-B");
        var words = await MbpollAsync(port, "-r", "12", "-c", "3", "-t", "4:hex");
        var coils = await MbpollAsync(port, "-r", "0", "-c", "3", "-t", "0");
        await MbpollAsync(port, "-r", "12", "-t", "4", "4711");
        var written = await MbpollAsync(port, "-r", "11", "-c", "2", "-t", "4");

        Assert.Contains("[10]: \t230.1", floats, StringComparison.Ordinal);
        Assert.Contains("[12]: \t0xFF15\n[13]: \t0xFFFF\n[14]: \t0x000A", words, StringComparison.Ordinal);
        Assert.Contains("[0]: \t0\n[1]: \t0\n[2]: \t1", coils, StringComparison.Ordinal);
        Assert.Contains("[12]: \t4711", written, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_driver_reads_back_what_is_simulated_over_a_pseudo_terminal()
    {
        PointDefinition[] points =
        [
            new()
            {
                DeviceName = "device",
                Name = "temperature",
                Every = TimeSpan.FromSeconds(1),
                Unit = "°C",
                Scale = 0.1m,
                Settings = Section(_driver.Schema.Point, ("holding", 100), ("type", "int16"), ("simulate", "constant(-23.5)")),
            },
            Point(_driver.Schema, "energy", ("input", 72), ("type", "float64"), ("order", "DCBA"), ("simulate", "counter(1000, 0)")),
            Point(_driver.Schema, "serial", ("holding", 30), ("type", "string"), ("length", 8), ("simulate", "constant(SN-1)")),
            Point(_driver.Schema, "swapped", ("holding", 40), ("bit", 9), ("order", "BADC"), ("write", true), ("simulate", "constant(true)")),
            Point(_driver.Schema, "pump", ("coil", 4), ("write", true), ("simulate", "constant(false)")),
        ];
        var device = Device(_driver.Schema, [("max-gap", 100)], points);
        await using var simulation = Simulate(device);
        var port = simulation.OpenPort(link: null);
        await using var bus = _driver.Open(
            Bus(_driver.Schema, [("modbus", "rtu"), ("port", port), ("timeout", TimeSpan.FromSeconds(10))], device),
            new DriverContext(TimeProvider.System, NullLogger.Instance));
        var reader = bus.CreateReader(device, points);
        var sink = new RecordingSink();

        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(sink, CancellationToken.None));
        Assert.Equal(["-235", "1000", "SN-1", "true", "false"], points.Select(point => sink[point.Name].Value.ToString()));

        Assert.True((await bus.WriteAsync(points[4], PointValue.From(true), CancellationToken.None)).Succeeded);
        Assert.True((await bus.WriteAsync(points[3], PointValue.From(false), CancellationToken.None)).Succeeded);
        await reader.ReadAsync(sink, CancellationToken.None);
        Assert.Equal(["-235", "1000", "SN-1", "false", "true"], points.Select(point => sink[point.Name].Value.ToString()));
    }

    [Fact]
    public async Task What_the_map_does_not_reach_is_refused()
    {
        var device = Device(_driver.Schema, [], Point(_driver.Schema, "x", ("holding", 10)));
        await using var simulation = Simulate(device);
        var port = simulation.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Port;
        var asked = Device(_driver.Schema, [], Point(_driver.Schema, "inside", ("holding", 3)), Point(_driver.Schema, "outside", ("holding", 11)), Point(_driver.Schema, "table", ("input", 0)));
        await using var bus = _driver.Open(
            Bus(_driver.Schema, [("modbus", "tcp"), ("host", "127.0.0.1"), ("port", port), ("timeout", TimeSpan.FromSeconds(10))], asked),
            new DriverContext(TimeProvider.System, NullLogger.Instance));
        var sink = new RecordingSink();

        await bus.CreateReader(asked, asked.Points).ReadAsync(sink, CancellationToken.None);

        Assert.Equal([null, "exception-2", "exception-2"], asked.Points.Select(point => sink[point.Name].Reason));
    }

    [Fact]
    public async Task A_port_that_is_not_there_is_a_fault_of_the_bus()
    {
        var device = Device(_driver.Schema, [], Point(_driver.Schema, "x", ("holding", 10)));
        await using var bus = _driver.Open(
            Bus(_driver.Schema, [("modbus", "rtu"), ("port", "/dev/ttyNotThere")], device), new DriverContext(TimeProvider.System, NullLogger.Instance));
        var sink = new RecordingSink();

        Assert.Equal(new ReadOutcome(ReadStatus.BusFailed, "port-missing"), await bus.CreateReader(device, device.Points).ReadAsync(sink, CancellationToken.None));
        Assert.Equal("port-missing", sink["x"].Reason);
    }

    private ModbusSimulation Simulate(DeviceDefinition device) =>
        new(Bus(_driver.Schema, [("modbus", "tcp"), ("host", "plc")], device), TimeProvider.System, NullLogger.Instance);

    // mbpoll's addresses are zero-based with -0; -1 polls once.
    private static async Task<string> MbpollAsync(int port, params string[] arguments)
    {
        var end = arguments.Length % 2 == 1 && arguments[^1] != "-B" ? arguments[^1..] : [];
        await using var mbpoll = PeerProcess.Start(
            "mbpoll", ["-m", "tcp", "-p", $"{port}", "-a", "9", "-0", "-1", "-q", .. arguments[..^end.Length], "127.0.0.1", .. end]);
        await mbpoll.WaitForExitAsync();
        return mbpoll.Output;
    }
}
