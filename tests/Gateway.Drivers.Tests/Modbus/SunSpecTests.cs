using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers.Modbus;
using Gateway.Drivers.Modbus.SunSpec;
using Gateway.Modbus.Client;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Tests.Modbus;

/// <summary>SunSpec maps as pymodbus serves them. The register images are laid out by hand after the models' definitions.</summary>
public sealed class SunSpecTests : IDisposable
{
    private static readonly ProfileLibrary Library = new(new DiskFiles(), [Path.Combine(Repository.Root, "devicemaps", "library")]);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-sunspec-");

    public void Dispose() => _folder.Delete(recursive: true);

    // Lengths as the models' L says in devices; some are in the specification's text, all follow from the definitions.
    [Theory]
    [InlineData(1, 66, 0)]
    [InlineData(103, 50, 0)]
    [InlineData(113, 60, 0)]
    [InlineData(120, 26, 0)]
    [InlineData(121, 30, 0)]
    [InlineData(122, 44, 0)]
    [InlineData(123, 24, 0)]
    [InlineData(124, 24, 0)]
    [InlineData(160, 8, 20)]
    [InlineData(203, 105, 0)]
    [InlineData(213, 124, 0)]
    [InlineData(802, 62, 0)]
    public void A_model_is_as_long_as_devices_say(int id, int length, int repeated)
    {
        Assert.Equal((length, repeated), (SunSpecModels.All[id].Length, SunSpecModels.All[id].RepeatedLength));
    }

    // Offsets from the model's id, as public register lists of model 103 have them.
    [Theory]
    [InlineData("A", 2, "A_SF", 6)]
    [InlineData("PhVphA", 10, "V_SF", 13)]
    [InlineData("W", 14, "W_SF", 15)]
    [InlineData("Hz", 16, "Hz_SF", 17)]
    [InlineData("WH", 24, "WH_SF", 26)]
    public void Model_103_has_its_points_where_devices_have_them(string point, int offset, string scaleFactor, int scaleFactorOffset)
    {
        var points = SunSpecModels.All[103].Points;

        Assert.Equal((offset, scaleFactor), (points[point].Offset, points[point].ScaleFactor));
        Assert.Equal(scaleFactorOffset, points[scaleFactor].Offset);
        Assert.Equal(38, points["St"].Offset);
    }

    [PeerTheory(Peer.Pymodbus)]
    [InlineData(40000)]
    [InlineData(50000)]
    [InlineData(0)]
    public async Task An_inverter_is_found_wherever_its_map_begins(int start)
    {
        await using var server = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit> { [126] = new() { Holding = { [start] = Inverter() } } });
        var bus = Load(server.Port, "sunspec/inverter");
        await using var open = new ModbusDriver().Open(bus, Context);
        var sink = new RecordingSink();

        Assert.Equal(ReadOutcome.Answered, await open.CreateReader(bus.Devices[0], bus.Devices[0].Points).ReadAsync(sink, CancellationToken.None));

        AssertValues(
            sink,
            ("power", "4230"), ("energy", "12345678"), ("current", "18.4"), ("current_l2", "not-available"), ("voltage_l1", "230.1"), ("voltage_l3", "not-available"),
            ("frequency", "49.99"), ("power_factor", "-99.8"), ("temperature", "41"), ("dc_power", "not-available"), ("state", "4"), ("events", "5"),
            ("manufacturer", "Example"), ("model", "PV-5"), ("serial_number", "SN0001"), ("power_limit", "not-implemented"));
    }

    [PeerFact(Peer.Pymodbus)]
    public async Task A_limit_is_written_with_the_scale_factor_that_the_device_has()
    {
        ushort[] controls = [123, 24, 0, 0, 1, 100, 0, 0, 0, 0, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFFFE, 0xFFFD, 0];
        await using var server = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit>
        {
            [126] = new() { Holding = { [40000] = [0x5375, 0x6E53, .. controls, 0xFFFF, 0] } },
        });
        var bus = Load(server.Port, "sunspec/inverter");
        await using var open = new ModbusDriver().Open(bus, Context);
        var limit = bus.Devices[0].Points.First(point => point.Name == "power_limit");
        var sink = new RecordingSink();

        Assert.Equal(WriteOutcome.Done, await open.WriteAsync(limit, PointValue.From(62.5m), CancellationToken.None));
        await open.CreateReader(bus.Devices[0], [limit]).ReadAsync(sink, CancellationToken.None);

        AssertValues(sink, ("power_limit", "62.5"));
    }

    [PeerFact(Peer.Pymodbus)]
    public async Task A_device_without_a_map_says_so()
    {
        await using var server = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit> { [126] = new() { Holding = { [40000] = [1, 2, 3, 4] } } });
        var bus = Load(server.Port, "sunspec/meter");
        await using var open = new ModbusDriver().Open(bus, Context);
        var sink = new RecordingSink();

        Assert.Equal(ReadOutcome.Answered, await open.CreateReader(bus.Devices[0], bus.Devices[0].Points).ReadAsync(sink, CancellationToken.None));

        Assert.All(sink.All, reading => Assert.Equal("no-sunspec", reading.Reason));
    }

    [Fact]
    public async Task A_map_that_moves_while_the_device_stays_online_is_found_again_and_gives_no_wrong_value()
    {
        await using var unit = new MemoryUnit(126);
        unit.Lay(40000, Inverter());
        var bus = Load(unit.Port, "sunspec/inverter");
        await using var open = new ModbusDriver().Open(bus, Context);
        var reader = open.CreateReader(bus.Devices[0], bus.Devices[0].Points);
        var sink = new RecordingSink();
        await reader.ReadAsync(sink, CancellationToken.None);
        AssertValues(sink, ("power", "4230"), ("voltage_l1", "230.1"));

        // An update put another model before the inverter's.
        unit.Lay(40000, [0x5375, 0x6E53, 120, 26, .. new ushort[26], .. Inverter()[2..]]);
        await reader.ReadAsync(sink, CancellationToken.None);
        AssertValues(sink, ("power", "model-moved"), ("voltage_l1", "model-moved"));

        await reader.ReadAsync(sink, CancellationToken.None);
        AssertValues(sink, ("power", "4230"), ("voltage_l1", "230.1"), ("serial_number", "SN0001"));
    }

    [PeerFact(Peer.Pymodbus)]
    public async Task A_repetition_far_from_its_scale_factors_has_its_value()
    {
        await using var server = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit> { [126] = new() { Holding = { [40000] = Strings(20) } } });
        var bus = LoadPoints(server.Port, "near: { sunspec: mppt.module.1.DCW }", "far: { sunspec: mppt.module.20.DCW }", "volts: { sunspec: mppt.module.19.DCV }", "amps: { sunspec: mppt.module.20.DCA }", "none: { sunspec: mppt.module.21.DCW }");
        await using var open = new ModbusDriver().Open(bus, Context);
        var sink = new RecordingSink();

        Assert.Equal(ReadOutcome.Answered, await open.CreateReader(bus.Devices[0], bus.Devices[0].Points).ReadAsync(sink, CancellationToken.None));

        AssertValues(sink, ("near", "1010"), ("far", "1200"), ("volts", "419"), ("amps", "not-available"), ("none", "not-implemented"));
    }

    [Fact]
    public async Task A_far_repetition_follows_its_scale_factor_and_its_model()
    {
        await using var unit = new MemoryUnit(126);
        unit.Lay(40000, Strings(20));
        var bus = LoadPoints(unit.Port, "far: { sunspec: mppt.module.20.DCW }");
        await using var open = new ModbusDriver().Open(bus, Context);
        var reader = open.CreateReader(bus.Devices[0], bus.Devices[0].Points);
        var sink = new RecordingSink();
        await reader.ReadAsync(sink, CancellationToken.None);
        AssertValues(sink, ("far", "1200"));

        unit.Lay(40006, 0xFFFF);
        await reader.ReadAsync(sink, CancellationToken.None);
        AssertValues(sink, ("far", "12"));

        unit.Lay(40000, [0x5375, 0x6E53, 120, 26, .. new ushort[26], .. Strings(20)[2..]]);
        await reader.ReadAsync(sink, CancellationToken.None);
        AssertValues(sink, ("far", "model-moved"));

        await reader.ReadAsync(sink, CancellationToken.None);
        AssertValues(sink, ("far", "1200"));
    }

    [PeerFact(Peer.Pymodbus)]
    public async Task A_device_that_answers_few_registers_has_its_scale_factors_read_apart()
    {
        await using var server = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit> { [126] = new() { Holding = { [40000] = Inverter() } } });
        var bus = LoadPoints(server.Port, "max-registers: 2", "voltage: { sunspec: inverter.PhVphA }", "energy: { sunspec: inverter.WH }", "state: { sunspec: inverter.St }");
        await using var open = new ModbusDriver().Open(bus, Context);
        var sink = new RecordingSink();

        await open.CreateReader(bus.Devices[0], bus.Devices[0].Points).ReadAsync(sink, CancellationToken.None);

        AssertValues(sink, ("voltage", "230.1"), ("energy", "12345678"), ("state", "4"));
    }

    [PeerFact(Peer.Pymodbus)]
    public async Task A_survey_lists_the_models_and_what_the_device_has_implemented()
    {
        ushort[] registers = [.. Inverter()[..^2], 64110, 3, 1, 2, 3, .. Strings(20)[2..]];
        await using var server = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit> { [126] = new() { Holding = { [0] = registers } } });
        await using var client = new ModbusTarget { TcpPort = server.Port }.CreateClient(TimeSpan.FromSeconds(20), TimeProvider.System, NullLogger.Instance);

        var models = await SunSpecSurvey.ReadAsync(client, new ModbusUnit(126), CancellationToken.None);

        Assert.Equal(
            [(1, "common", 2, 66), (103, "inverter", 70, 50), (64110, null, 122, 3), (160, "mppt", 127, 408)],
            models!.Select(model => (model.Id, model.Name, model.Address, model.Length)));
        Assert.Equal(
            ["inverter.A=18.4 A", "inverter.AphA=18.4 A", "inverter.PhVphA=230.1 V", "inverter.W=4230 W", "inverter.Hz=49.99 Hz", "inverter.PF=-99.8 ", "inverter.WH=12345678 Wh", "inverter.TmpCab=41 °C", "inverter.St=4 ", "inverter.Evt1=5 "],
            models![1].Points.Select(point => $"{point.Reference}={point.Value} {point.Unit}"));
        Assert.Contains(new SunSpecSurveyPoint("mppt.module.20.DCW", "W", "1200"), models[3].Points);
        Assert.DoesNotContain(models[3].Points, point => point.Reference.EndsWith("DCA", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("inverter", "'inverter' is no SunSpec point; write MODEL.POINT such as inverter.W, or MODEL.GROUP.NUMBER.POINT such as mppt.module.1.DCW")]
    [InlineData("heater.W", "there is no SunSpec model 'heater'; there are common, inverter, nameplate, settings, status, controls, storage, mppt, ac_meter, battery")]
    [InlineData("common.W", "the SunSpec model 'common' has no point 'W'; it has Mn, Md, Opt, Vr, SN, DA, Pad")]
    [InlineData("mppt.string.1.DCW", "the SunSpec model 'mppt' has no group 'string'; it has 'module'")]
    public void A_name_that_no_model_has_is_told(string name, string expected)
    {
        Assert.Null(SunSpecReference.Parse(name, out var error));
        Assert.Equal(expected, error);
    }

    private static DriverContext Context => new(TimeProvider.System, NullLogger.Instance);

    // Model 1 (66 registers), model 103 (50 registers), the end.
    private static ushort[] Inverter() =>
    [
        0x5375, 0x6E53,
        1, 66, .. Text("Example", 16), .. Text("PV-5", 16), .. Text("", 8), .. Text("1.2", 8), .. Text("SN0001", 16), 126, 0x8000,
        103, 50,
        184, 184, 0xFFFF, 0xFFFF, 0xFFFF, // 18.4 A
        0xFFFF, 0xFFFF, 0xFFFF, 2301, 0xFFFF, 0xFFFF, 0xFFFF, // 230.1 V
        423, 1, // 4230 W
        4999, 0xFFFE, // 49.99 Hz
        0x8000, 0x8000, 0x8000, 0x8000, 0xFC1A, 0xFFFF, // power factor -998 / 10
        0x00BC, 0x614E, 0, // 12,345,678 Wh
        0xFFFF, 0x8000, 0xFFFF, 0x8000, 0x8000, 0x8000,
        410, 0x8000, 0x8000, 0x8000, 0xFFFF, // 41.0 °C
        4, 0xFFFF,
        0, 5, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF,
        0xFFFF, 0,
    ];

    // Model 160 with so many strings: W to the power of 1, V to that of 0, A not implemented. String n has 100 + n times 10 W and 400 + n V.
    private static ushort[] Strings(int count) =>
    [
        0x5375, 0x6E53,
        160, (ushort)(8 + (20 * count)), 0x8000, 0, 1, 0, 0, 0, (ushort)count, 10,
        .. Enumerable.Range(1, count).SelectMany(n => (ushort[])
            [(ushort)n, .. Text($"S{n}", 8), 50, (ushort)(400 + n), (ushort)(100 + n), 0, (ushort)n, 0, 0, 0x8000, 4, 0, 0]),
        0xFFFF, 0,
    ];

    private static IEnumerable<ushort> Text(string text, int registers) =>
        text.PadRight(2 * registers, '\0').Chunk(2).Select(pair => (ushort)(pair[0] << 8 | pair[1]));

    private static void AssertValues(RecordingSink sink, params (string Name, string Value)[] expected) =>
        Assert.Equal(expected, expected.Select(pair => (pair.Name, sink[pair.Name].Reason ?? sink[pair.Name].Value.ToString())));

    private BusDefinition Load(int port, string profile) => LoadMap(port, $"profile: {profile}");

    private BusDefinition LoadPoints(int port, params string[] lines) =>
        LoadMap(port, string.Join(", ", lines.Where(line => line[^1] != '}').Append($"points: {{ {string.Join(", ", lines.Where(line => line[^1] == '}'))} }}")));

    private BusDefinition LoadMap(int port, string keys)
    {
        var path = Path.Combine(_folder.FullName, "map.yaml");
        File.WriteAllText(path, $"bus: {{ modbus: tcp, host: 127.0.0.1, port: {port}, timeout: 20 s }}\ndevices: [{{ name: pv, {keys}, unit: 126 }}]\n");
        var result = new MapLoader(DriverCatalog.Create(), new DiskFiles()).Load([path], Library);
        Assert.Empty(result.Diagnostics);
        return Assert.Single(result.Buses);
    }
}
