using System.Globalization;
using System.Text;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>
/// The whole street: registers of a Modbus server that is not ours, through <c>gateway run</c>, into a broker that is not ours; what
/// <c>mosquitto_sub</c> prints is compared with the registers.
/// </summary>
public sealed class StreetTests
{
    // Registers are as IEEE 754 and two's complement have them; each order is the same number with its bytes A B C D moved.
    private static readonly (string Point, string Keys, ushort[] Registers, string Expected)[] Holding =
    [
        ("uint16", "type: uint16", [0xFFFE], "65534"),
        ("int16", "type: int16", [0xFFFE], "-2"),
        ("scaled", "type: int16, scale: 0.1", [235], "23.5"),
        ("shifted", "type: int16, scale: 0.1, offset: -40", [235], "-16.5"),
        ("mode", "enum: { 0: \"off\", 1: eco }", [1], "eco"),
        ("bit3", "bit: 3", [0x0008], "true"),
        ("bit4", "bit: 4", [0x0008], "false"),
        ("uint32", "type: uint32", [0xFFFF, 0xFFFE], "4294967294"),
        ("int32", "type: int32", [0xFFFF, 0xFFFE], "-2"),
        ("int32_cdab", "type: int32, order: CDAB", [0x0001, 0x0000], "1"),
        ("float32", "type: float32", [0x4366, 0x8000], "230.5"),
        ("float32_cdab", "type: float32, order: CDAB", [0x8000, 0x4366], "230.5"),
        ("float32_badc", "type: float32, order: BADC", [0x6643, 0x0080], "230.5"),
        ("float32_dcba", "type: float32, order: DCBA", [0x0080, 0x6643], "230.5"),
        ("uint64", "type: uint64", [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE], "18446744073709551614"),
        ("int64", "type: int64", [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE], "-2"),
        ("float64", "type: float64", [0x406C, 0xD000, 0x0000, 0x0000], "230.5"),
        ("text", "type: string, length: 4", [0x5344, 0x4D36, 0x3330, 0x2000], "SDM630"),
    ];

    private static readonly Dictionary<string, string> Expected = Holding.ToDictionary(point => $"plant1/meter/{point.Point}", point => point.Expected)
        .Append(new("plant1/meter/coil", "true")).Append(new("plant1/meter/discrete", "false")).Append(new("plant1/meter/input", "7"))
        .ToDictionary();

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task Registers_of_every_width_arrive_over_TCP()
    {
        await using var server = await PymodbusServer.StartTcpAsync(Units());

        await ExpectAsync($"{{ modbus: tcp, host: 127.0.0.1, port: {server.Port} }}");
    }

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients, Peer.Socat)]
    public async Task Registers_of_every_width_arrive_over_RTU()
    {
        await using var cable = await PtyPair.CreateAsync();
        await using var server = await PymodbusServer.StartRtuAsync(Units(), cable.PathA);

        await ExpectAsync($"{{ modbus: rtu, port: {cable.PathB}, baud: 19200, parity: none }}");
    }

    [PeerFact(Peer.Pymodbus, Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task Commands_reach_coils_and_registers_and_are_answered()
    {
        await using var server = await PymodbusServer.StartTcpAsync(Units());
        await using var upstream = await MosquittoBroker.StartAsync();
        await using var subscriber = await upstream.SubscribeAsync("#", 1, "-V", "mqttv5");
        using var folder = new GatewayFolder();
        folder.Configure($"publish: {{ format: value }}\nuplink: {{ url: \"{upstream.Uri}\" }}");
        folder.WriteMap("meter.yaml", Map($"{{ modbus: tcp, host: 127.0.0.1, port: {server.Port} }}"));
        await using var gateway = folder.Run();
        await WaitForAsync(subscriber, "plant1/meter/scaled", "23.5");

        await upstream.PublishAsync("plant1/meter/coil/set", "false", "-q", "1");
        await WaitForAsync(subscriber, "plant1/meter/coil/result", "{\"ok\":true,\"value\":false}");
        await WaitForAsync(subscriber, "plant1/meter/coil", "false");

        await upstream.PublishAsync("plant1/meter/scaled/set", "{\"value\":-3.5}", "-V", "mqttv5", "-D", "publish", "response-topic", "answers/1", "-D", "publish", "correlation-data", "c1");
        await WaitForAsync(subscriber, "answers/1", "{\"ok\":true,\"value\":-3.5}");
        await WaitForAsync(subscriber, "plant1/meter/scaled", "-3.5");

        await upstream.PublishAsync("plant1/meter/uint16/set", "5", "-q", "1");
        await WaitForAsync(subscriber, "plant1/meter/uint16/result", "{\"ok\":false");

        // From the local broker too, and a retained command is none.
        await using var local = await MosquittoSubscriber.StartAsync(folder.BrokerPort, "plant1/meter/mode/result", 1);
        var (exitCode, _, _) = await GatewayProcess.RunAsync("pub", "-p", $"{folder.BrokerPort}", "-t", "plant1/meter/mode/set", "-m", "off", "-q", "1");
        Assert.Equal(0, exitCode);
        await local.WaitForAsync(1);
        Assert.Equal("{\"ok\":true,\"value\":\"off\"}", local.Payloads[0]);
        Assert.Equal(0, await gateway.StopAsync());
    }

    private static async Task ExpectAsync(string bus)
    {
        await using var upstream = await MosquittoBroker.StartAsync();
        await using var subscriber = await upstream.SubscribeAsync("plant1/meter/+", 1);
        using var folder = new GatewayFolder();
        folder.Configure($"publish: {{ format: value }}\nuplink: {{ url: \"{upstream.Uri}\", protocol: 3.1.1 }}");
        folder.WriteMap("meter.yaml", Map(bus));
        await using var gateway = folder.Run();

        foreach (var (topic, value) in Expected)
        {
            await WaitForAsync(subscriber, topic, value);
        }

        Assert.Equal(0, await gateway.StopAsync());
        var values = subscriber.Messages.Where(message => Expected.ContainsKey(message.Split(' ')[0])).Select(message => message.Split(' ', 4));
        Assert.All(values, parts => Assert.Equal(Expected[parts[0]], parts[3]));
    }

    private static Task WaitForAsync(MosquittoSubscriber subscriber, string topic, string payload) => Eventually.TrueAsync(
        () => subscriber.Messages.Any(message => message.Split(' ', 4) is [var found, _, _, var text] && found == topic && text.StartsWith(payload, StringComparison.Ordinal)),
        () => $"'{payload}' did not come on {topic}; what came:\n{string.Join('\n', subscriber.Messages.TakeLast(60))}");

    private static Dictionary<int, PymodbusUnit> Units() => new()
    {
        [7] = new()
        {
            Coils = { [4] = [true] },
            Discrete = { [5] = [false] },
            Input = { [72] = [7] },
            Holding = { [100] = [.. Holding.SelectMany(point => point.Registers)] },
        },
    };

    private static string Map(string bus)
    {
        var map = new StringBuilder();
        map.Append(CultureInfo.InvariantCulture, $"bus: {bus}\ndevices:\n  - name: meter\n    unit: 7\n    every: 300 ms\n    points:\n");
        var address = 100;
        foreach (var (point, keys, registers, _) in Holding)
        {
            var write = point is "scaled" or "mode" ? ", write: true" : "";
            map.Append(CultureInfo.InvariantCulture, $"      {point}: {{ holding: {address}, {keys}{write} }}\n");
            address += registers.Length;
        }

        return map.Append("      coil: { coil: 4, write: true }\n      discrete: { discrete: 5 }\n      input: { input: 72 }\n").ToString();
    }
}
