using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Modbus;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Security;
using Gateway.Modbus.Server;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Drivers.Tests.Definitions;

namespace Gateway.Drivers.Tests.Modbus;

/// <summary>The ways to Modbus devices that lead over a network.</summary>
public class TransportTests
{
    private const string PymodbusUdpServer = """
        import asyncio
        from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
        from pymodbus.server.async_io import ModbusUdpServer
        from pymodbus.transaction import ModbusRtuFramer
        async def main():
            unit = ModbusSlaveContext(hr=ModbusSequentialDataBlock(0, [7, 8, 9]), zero_mode=True)
            server = ModbusUdpServer(ModbusServerContext(slaves={5: unit}, single=False), framer=ModbusRtuFramer, address=("127.0.0.1", 0))
            serving = asyncio.ensure_future(server.serve_forever())
            while server.protocol is None:
                await asyncio.sleep(0.01)
            print("ready", server.protocol.get_extra_info("sockname")[1], flush=True)
            await serving
        asyncio.run(main())
        """;

    // MB-TCP-Security-v21 §8.4: a UTF8String, which DER writes as 0C, its length, and the text.
    private static readonly byte[] RoleOfAnOperator = [0x0C, 0x08, .. "Operator"u8];

    private readonly ModbusDriver _driver = new();
    private readonly RecordingSink _sink = new();

    [PeerFact(Peer.Pymodbus)]
    public async Task Reads_and_writes_by_RTU_over_UDP()
    {
        await using var server = PeerProcess.Start(Peer.Python, ["-c", PymodbusUdpServer]);
        var ready = await server.WaitForLineAsync("ready ");
        var port = int.Parse(ready["ready ".Length..], CultureInfo.InvariantCulture);
        var (bus, reader, points) = Open(5, ("modbus", "rtu-over-udp"), ("host", "127.0.0.1"), ("port", port), ("timeout", TimeSpan.FromSeconds(20)));
        await using var opened = bus;

        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
        Assert.Equal([7L, 8, 9], _sink.All.Select(reading => reading.Value.AsInteger));
        Assert.Equal(WriteOutcome.Done, await bus.WriteAsync(points[1], PointValue.From(80), CancellationToken.None));
        _sink.Clear();
        await reader.ReadAsync(_sink, CancellationToken.None);
        Assert.Equal([7L, 80, 9], _sink.All.Select(reading => reading.Value.AsInteger));
    }

    [Fact]
    public async Task A_UDP_port_where_nothing_listens_is_no_answer_or_a_fault_but_never_a_value()
    {
        var (bus, reader, _) = Open(5, ("modbus", "rtu-over-udp"), ("host", "127.0.0.1"), ("port", LoopbackPort.Free()), ("timeout", TimeSpan.FromMilliseconds(200)));
        await using var opened = bus;

        Assert.NotEqual(ReadStatus.Answered, (await reader.ReadAsync(_sink, CancellationToken.None)).Status);
        Assert.All(_sink.All, reading => Assert.Equal(Quality.Bad, reading.Quality));
    }

    [Fact]
    public async Task The_role_in_the_gateways_certificate_reaches_the_server_through_the_handshake()
    {
        using var certificates = new TestCertificates();
        certificates.Renew("client", extension: new X509Extension(ModbusRole.ExtensionOid, RoleOfAnOperator, critical: false));
        var roles = new RoleRecorder();
        await using var listener = new ModbusListener(
            new ModbusServer(roles),
            new IPEndPoint(IPAddress.Loopback, 0),
            ModbusFraming.Tcp,
            () => new ModbusTls(certificates.Authority, certificates.Certificate("server"), certificates.Key("server")),
            TimeProvider.System,
            NullLogger.Instance);
        (string, object)[] keys =
        [
            ("modbus", "tls"), ("host", "localhost"), ("port", listener.EndPoint.Port), ("timeout", TimeSpan.FromSeconds(20)),
            ("ca", certificates.Authority), ("certificate", certificates.Certificate("client")), ("key", certificates.Key("client")),
        ];
        var (bus, reader, _) = Open(1, keys);
        await using (bus)
        {
            Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
        }

        Assert.Equal([7L, 7, 7], _sink.All.Select(reading => reading.Value.AsInteger));
        Assert.All(roles.Seen, role => Assert.Equal("Operator", role));

        // Renewed without a role: the next connection shows it.
        certificates.Renew("client");
        roles.Seen.Clear();
        (bus, reader, _) = Open(1, keys);
        await using (bus)
        {
            Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
        }

        Assert.All(roles.Seen, Assert.Null);
    }

    [Theory]
    [InlineData("shared", 1)]
    [InlineData("per-device", 3)]
    public async Task Devices_behind_one_host_share_a_connection_or_have_one_each(string connection, int expected)
    {
        await using var unit = new ScriptedUnit();
        DeviceDefinition[] devices =
        [
            .. Enumerable.Range(1, 3).Select(id => new DeviceDefinition
            {
                Name = $"device{id}",
                Settings = Section(_driver.Schema.Device, ("unit", id)),
                Points = [new PointDefinition { DeviceName = $"device{id}", Name = "p", Every = TimeSpan.FromSeconds(1), Settings = Section(_driver.Schema.Point, ("holding", id)) }],
            }),
        ];
        await using var bus = _driver.Open(
            Bus(_driver.Schema, [("modbus", "tcp"), ("host", "127.0.0.1"), ("port", unit.Port), ("timeout", TimeSpan.FromSeconds(20)), ("connection", connection)], devices),
            new DriverContext(TimeProvider.System, NullLogger.Instance));

        for (var round = 0; round < 2; round++)
        {
            foreach (var device in devices)
            {
                Assert.Equal(ReadOutcome.Answered, await bus.CreateReader(device, device.Points).ReadAsync(_sink, CancellationToken.None));
            }
        }

        Assert.Equal([1L, 2, 3, 1, 2, 3], _sink.All.Select(reading => reading.Value.AsInteger));
        Assert.Equal(expected, unit.Connections);
    }

    private (IBus Bus, IPointReader Reader, PointDefinition[] Points) Open(int unit, params (string, object)[] keys)
    {
        PointDefinition[] points = [.. Enumerable.Range(0, 3).Select(register => Point(_driver.Schema, $"p{register}", ("holding", register), ("write", true)))];
        var device = Device(_driver.Schema, [("unit", unit)], points);
        var bus = _driver.Open(Bus(_driver.Schema, keys, device), new DriverContext(TimeProvider.System, NullLogger.Instance));
        return (bus, bus.CreateReader(device, points), points);
    }

    /// <summary>Answers reads of registers with sevens, and remembers in which role they were asked for.</summary>
    private sealed class RoleRecorder : IModbusRequestHandler
    {
        public List<string?> Seen { get; } = [];

        public ValueTask<int> HandleAsync(ModbusRequest request, Memory<byte> responsePdu, CancellationToken cancellationToken)
        {
            Seen.Add(request.Peer?.Role);
            var count = request.Pdu.Span[4];
            responsePdu.Span[0] = (byte)FunctionCode.ReadHoldingRegisters;
            responsePdu.Span[1] = (byte)(2 * count);
            for (var i = 0; i < count; i++)
            {
                responsePdu.Span[2 + (2 * i)] = 0;
                responsePdu.Span[3 + (2 * i)] = 7;
            }

            return ValueTask.FromResult(2 + (2 * count));
        }
    }
}
