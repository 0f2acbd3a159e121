using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Modbus;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Drivers.Tests.Definitions;

namespace Gateway.Drivers.Tests.Modbus;

/// <summary>Registers of every width from a server that is not ours. The words are those of Python's struct module.</summary>
public class PymodbusTests
{
    private static readonly Dictionary<int, PymodbusUnit> Units = new()
    {
        [7] = new PymodbusUnit
        {
            Coils = new() { [4] = [true, false] },
            Discrete = new() { [9] = [true] },
            Holding = new()
            {
                [100] =
                [
                    0xFF15,                         // 100 int16 -235
                    0x4366, 0x199A,                 // 101 float32 230.1
                    0x1DC0, 0xFFFE,                 // 103 int32 -123456 CDAB
                    0x6BEE, 0x0028,                 // 105 uint32 4000000000 BADC
                    0x8000, 0x0000, 0x0000, 0x0001, // 107 uint64 2^63+1
                    0xFFFF, 0xFFFE, 0xD5FA, 0x0E00, // 111 int64 -5000000000
                    0x4093, 0x4A45, 0x84F4, 0xC6E7, // 115 float64 1234.56789
                    0x000A,                         // 119 bits 1 and 3
                    0x534E, 0x2D34, 0x3731, 0x3120, 0x0000, 0x0000, // 120 "SN-4711 "
                ],
            },
            Input = new() { [72] = [0x199A, 0x4366] },
        },
    };

    private static readonly (string Name, string Expected, (string, object)[] Keys)[] Points =
    [
        ("int16", "-235", [("holding", 100), ("type", "int16")]),
        ("float32", "230.1", [("holding", 101), ("type", "float32")]),
        ("int32-cdab", "-123456", [("holding", 103), ("type", "int32"), ("order", "CDAB")]),
        ("uint32-badc", "4000000000", [("holding", 105), ("type", "uint32"), ("order", "BADC")]),
        ("uint64", "9223372036854775809", [("holding", 107), ("type", "uint64")]),
        ("int64", "-5000000000", [("register", 40112), ("type", "int64")]),
        ("float64", "1234.56789", [("holding", 115), ("type", "float64")]),
        ("bit1", "true", [("holding", 119), ("bit", 1)]),
        ("bit2", "false", [("holding", 119), ("bit", 2)]),
        ("bool", "true", [("holding", 119), ("type", "bool")]),
        ("string", "SN-4711", [("holding", 120), ("type", "string"), ("length", 6)]),
        ("input-cdab", "230.1", [("input", 72), ("type", "float32"), ("order", "CDAB")]),
        ("coil", "true", [("coil", 4)]),
        ("discrete", "true", [("discrete", 9)]),
    ];

    [PeerFact(Peer.Pymodbus)]
    public async Task Reads_and_writes_registers_of_every_width_over_tcp()
    {
        await using var server = await PymodbusServer.StartTcpAsync(Units);
        await CompareAsync([("modbus", "tcp"), ("host", "127.0.0.1"), ("port", server.Port), ("timeout", TimeSpan.FromSeconds(10))]);
    }

    [PeerFact(Peer.Pymodbus, Peer.Socat)]
    public async Task Reads_and_writes_registers_of_every_width_over_a_serial_line()
    {
        await using var cable = await PtyPair.CreateAsync();
        await using var server = await PymodbusServer.StartRtuAsync(Units, cable.PathB, 19200);
        await CompareAsync([("modbus", "rtu"), ("port", cable.PathA), ("parity", "none"), ("timeout", TimeSpan.FromSeconds(10))]);
    }

    private static async Task CompareAsync((string, object)[] keys)
    {
        var schema = ModbusSchema.Schema;
        PointDefinition[] points = [.. Points.Select(point => Point(schema, point.Name, [.. point.Keys, ("write", point.Name is not ("input-cdab" or "discrete"))]))];
        var device = Device(schema, [("unit", 7)], points);
        await using var bus = new ModbusDriver().Open(Bus(schema, keys, device), new DriverContext(TimeProvider.System, NullLogger.Instance));
        var reader = bus.CreateReader(device, points);
        var sink = new RecordingSink();

        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(sink, CancellationToken.None));
        Assert.Equal(
            Points.Select(point => $"{point.Name} {point.Expected}"),
            Points.Select(point => $"{point.Name} {sink[point.Name].Value}{sink[point.Name].Reason}"));

        (string Name, PointValue Value, string Shown)[] writes =
        [
            ("int16", PointValue.From(-1), "-1"),
            ("float32", PointValue.From(0.1m), "0.1"),
            ("int32-cdab", PointValue.From(7), "7"),
            ("uint64", PointValue.From(ulong.MaxValue), "18446744073709551615"),
            ("bit2", PointValue.From(true), "true"),
            ("bit1", PointValue.From(0), "false"),
            ("string", PointValue.From("Größe"), "Größe"),
            ("coil", PointValue.From(false), "false"),
        ];
        foreach (var (name, value, _) in writes)
        {
            Assert.Equal(WriteOutcome.Done, await bus.WriteAsync(points.First(point => point.Name == name), value, CancellationToken.None));
        }

        await reader.ReadAsync(sink, CancellationToken.None);
        Assert.Equal(writes.Select(write => write.Shown), writes.Select(write => sink[write.Name].Value.ToString()));
        Assert.Equal("true", sink["bool"].Value.ToString());
    }
}
