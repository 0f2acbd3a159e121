using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Modbus;
using Gateway.Linux.Serial;
using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Security;
using Gateway.Modbus.Server;
using Gateway.Shared;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Drivers.Tests.Definitions;

namespace Gateway.Drivers.Tests.Modbus;

/// <summary>Values that are served to other Modbus clients: how a write fails, and by which way they come.</summary>
public sealed class ServingTests
{
    // Loaded machines: slow, not silent.
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(20);

    private static readonly ModbusUnit Unit = new(1);

    private readonly ModbusDriver _driver = new();
    private readonly Setpoint _setpoint;

    public ServingTests() => _setpoint = new Setpoint(Point(_driver.Schema, "setpoint", ("holding", 7), ("write", true)));

    // Modbus Application Protocol 1.1b3 §7: 4 the device failed, 6 it is busy, A no path to it, B no answer from it.
    [Theory]
    [InlineData(WriteFailure.Refused, 4)]
    [InlineData(WriteFailure.Busy, 6)]
    [InlineData(WriteFailure.BusFailed, 0x0A)]
    [InlineData(WriteFailure.NoAnswer, 0x0B)]
    public async Task A_write_that_fails_says_where_that_lies(WriteFailure failure, byte expected)
    {
        await using var serving = Serve(new ServingPlace { Transport = "tcp", Listen = new IPEndPoint(IPAddress.Loopback, 0) });
        var port = IPEndPoint.Parse(serving.Name).Port;
        await using var client = new ModbusClient(
            async token => await SocketStream.ConnectAsync("127.0.0.1", port, token), new() { ResponseTimeout = ResponseTimeout });

        Assert.True((await client.WriteRegisterAsync(Unit, 7, 5)).IsSuccess);
        _setpoint.Next = new WriteOutcome("it is as it is") { Failure = failure };
        Assert.Equal(new(ModbusStatus.Exception, (ExceptionCode)expected), await client.WriteRegisterAsync(Unit, 7, 6));
        Assert.Equal(PointValue.From(5), _setpoint.Value);
    }

    [Fact]
    public async Task Clients_come_by_RTU_over_UDP()
    {
        await using var serving = Serve(new ServingPlace { Transport = "rtu-over-udp", Listen = new IPEndPoint(IPAddress.Loopback, 0) });
        var port = IPEndPoint.Parse(serving.Name).Port;
        await using var client = new ModbusClient(
            async token => await DatagramStream.ConnectAsync("127.0.0.1", port, token), new() { Framing = ModbusFraming.Rtu, ResponseTimeout = ResponseTimeout });

        await AssertIsServedAsync(client, 215);
    }

    [Fact]
    public async Task Clients_that_are_turned_away_are_told_once_a_minute_with_their_number()
    {
        using var certificates = new TestCertificates();
        using var log = new LogLines { Least = LogLevel.Information };
        var time = new ManualTimeProvider();
        await using var listener = new ModbusListener(
            new ModbusServer(new Dictionary<byte, IModbusDataStore>()),
            new IPEndPoint(IPAddress.Loopback, 0),
            ModbusFraming.Tcp,
            () => new ModbusTls(certificates.Authority, certificates.Certificate("server"), certificates.Key("server")),
            time,
            log);
        var came = await ComeAsync(5);
        // Who is turned away may see that before it is counted.
        await Eventually.TrueAsync(async () =>
        {
            time.Advance(TimeSpan.FromMinutes(1));
            came += await ComeAsync(1);
            return log.All.Sum(Told) == came;
        });
        Assert.All(log.All, line => Assert.StartsWith("A Modbus client at 127.0.0.1:", line, StringComparison.Ordinal));
        Assert.True(log.All.Count < came, "each was told of");

        static int Told(string line) => 1 + (Regex.Match(line, @"\((\d+) more like this since the last such line\)$") is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0);

        async Task<int> ComeAsync(int strangers)
        {
            for (var i = 0; i < strangers; i++)
            {
                using var stranger = new TcpClient();
                await stranger.ConnectAsync(listener.EndPoint);
                var stream = stranger.GetStream();
                await stream.WriteAsync("no TLS"u8.ToArray());
                await stream.CopyToAsync(Stream.Null).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return strangers;
        }
    }

    [Fact]
    public async Task Datagrams_that_are_lost_are_told_once_a_minute_with_their_number()
    {
        using var log = new LogLines();
        var time = new ManualTimeProvider();
        await using var listener = new ModbusDatagramListener(
            new ModbusServer(new Dictionary<byte, IModbusDataStore>()), new IPEndPoint(IPAddress.Loopback, 0), time, log);
        var nowhere = new IPEndPoint(IPAddress.Loopback, 0); // as somebody may forge it
        for (var i = 0; i < 5; i++)
        {
            await ((IModbusDatagrams)listener).SendAsync(new byte[4], nowhere, CancellationToken.None);
        }

        time.Advance(TimeSpan.FromMinutes(1));
        await ((IModbusDatagrams)listener).SendAsync(new byte[4], nowhere, CancellationToken.None);
        Assert.Equal(2, log.All.Count);
        Assert.StartsWith("A datagram from or to a Modbus client was lost: ", log.All[0], StringComparison.Ordinal);
        Assert.EndsWith(" (4 more like this since the last such line)", log.All[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Datagrams_that_are_too_long_are_not_worth_a_line()
    {
        using var log = new LogLines();
        await using var serving = Serve(new ServingPlace { Transport = "rtu-over-udp", Listen = new IPEndPoint(IPAddress.Loopback, 0) }, log);
        var server = IPEndPoint.Parse(serving.Name);
        using var stranger = new UdpClient();
        for (var i = 0; i < 10; i++)
        {
            await stranger.SendAsync(new byte[2000], server);
        }

        await using var client = new ModbusClient(
            async token => await DatagramStream.ConnectAsync("127.0.0.1", server.Port, token), new() { Framing = ModbusFraming.Rtu, ResponseTimeout = ResponseTimeout });
        await AssertIsServedAsync(client, 215);
        Assert.Empty(log.All);
    }

    [PeerFact(Peer.Socat)]
    public async Task A_port_whose_adapter_was_pulled_is_served_again_when_it_is_back()
    {
        await using var cable = await PtyPair.CreateAsync();
        var line = Bus(_driver.Schema, [("modbus", "rtu"), ("port", cable.PathA), ("parity", "none")]).Settings;
        await using var serving = Serve(new ServingPlace { Transport = "rtu", Line = line });
        await using (var before = Connect(cable.PathB))
        {
            await AssertIsServedAsync(before, 1);
        }

        await cable.UnplugAsync();
        await cable.PlugInAsync();

        // It looks for its port once a second; until then nobody answers.
        await using var after = Connect(cable.PathB, TimeSpan.FromSeconds(1));
        _setpoint.Value = PointValue.From(2L);
        var registers = new ushort[1];
        await Eventually.TrueAsync(async () => (await after.ReadRegistersAsync(Unit, ModbusTable.HoldingRegisters, 7, registers)).IsSuccess);
        Assert.Equal(2, registers[0]);
    }

    private static ModbusClient Connect(string port, TimeSpan? timeout = null) => new(
        _ => new(SerialPort.Open(new() { Path = port, BaudRate = 19200 })),
        new() { Framing = ModbusFraming.Rtu, Timing = new RtuTiming(19200, 8, false, 1), ResponseTimeout = timeout ?? ResponseTimeout });

    private ModbusServing Serve(ServingPlace place, ILogger? logger = null) => ModbusServing.Start(
        [new ServedValue(new ServedPlace { Unit = 1, Table = "holding", Address = 7, Type = "uint16", IsWritable = true }, _setpoint)],
        place, TimeProvider.System, logger ?? NullLogger.Instance);

    private async Task AssertIsServedAsync(ModbusClient client, ushort value)
    {
        var registers = new ushort[1];
        Assert.True((await client.WriteRegisterAsync(Unit, 7, value)).IsSuccess);
        Assert.True((await client.ReadRegistersAsync(Unit, ModbusTable.HoldingRegisters, 7, registers)).IsSuccess);
        Assert.Equal(value, registers[0]);
        Assert.Equal(PointValue.From((long)value), _setpoint.Value);
    }

    private sealed class Setpoint(PointDefinition definition) : IServedPoint
    {
        /// <summary>How the next write ends.</summary>
        public WriteOutcome Next { get; set; }

        public PointValue Value { get; set; } = PointValue.From(0L);

        public PointDefinition Definition => definition;

        public PointValue Read() => Value;

        public bool Accepts(PointValue value) => true;

        public ValueTask<WriteOutcome> WriteAsync(PointValue value, CancellationToken cancellationToken)
        {
            Value = Next.Succeeded ? value : Value;
            return ValueTask.FromResult(Next);
        }
    }
}
