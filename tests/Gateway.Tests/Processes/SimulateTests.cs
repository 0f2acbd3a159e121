using System.Globalization;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary><c>gateway simulate</c> with its options, asked by a client that is not ours.</summary>
public sealed class SimulateTests : IDisposable
{
    private readonly GatewayFolder _folder = new();

    public SimulateTests() => _folder.WriteMap("plant.yaml", """
        bus: { modbus: tcp, host: 127.0.0.1 }
        devices:
          - name: meter
            unit: 1
            points: { power: { holding: 0, type: uint16, scale: 10, simulate: constant(50) } }
          - name: pump
            unit: 2
            points: { speed: { holding: 0, type: uint16, simulate: constant(7) } }
        """);

    public void Dispose() => _folder.Dispose();

    [PeerFact(Peer.Mbpoll)]
    public async Task A_recording_goes_before_the_map()
    {
        var csv = Path.Combine(_folder.Path, "recorded.csv");
        await File.WriteAllTextAsync(csv, "time,meter.power\n0,1230\n");
        await using var plant = await SimulatedPort.StartAsync(_folder.MapFolder, "--csv", csv);

        Assert.Contains("[0]: \t123\n", await PollAsync(plant, 1), StringComparison.Ordinal);
        Assert.Contains("[0]: \t7\n", await PollAsync(plant, 2), StringComparison.Ordinal);
    }

    [PeerFact(Peer.Mbpoll)]
    public async Task One_device_refuses_and_the_other_does_not()
    {
        await using var plant = await SimulatedPort.StartAsync(_folder.MapFolder, "--exception", "pump=6", "--delay", "1ms");

        Assert.Contains("[0]: \t5\n", await PollAsync(plant, 1), StringComparison.Ordinal);
        Assert.Contains("Slave device or server is busy", await PollAsync(plant, 2), StringComparison.Ordinal);
    }

    [PeerFact(Peer.Pymodbus)]
    public async Task Serial_lines_are_served_on_links_in_their_own_framing()
    {
        var map = Path.Combine(_folder.Path, "lines.yaml");
        await File.WriteAllTextAsync(map, """
            bus: { modbus: rtu, port: /dev/ttyUSB0 }
            devices: [{ name: meter, profile: eastron/sdm630, unit: 3 }]
            ---
            bus: { modbus: ascii, port: /dev/ttyUSB1 }
            devices: [{ name: boiler, unit: 4, points: { flow: { holding: 2, scale: 0.1, simulate: constant(21.5) } } }]
            """);
        var link = Path.Combine(_folder.Path, "line");
        await using var plant = GatewayProcess.Start("simulate", map, "--link", link);
        await plant.WaitForOutputAsync($" is served on {link}-2: boiler");

        Assert.Equal(["215", "written", "7", "exception 2"], await PymodbusClient.AskAsync("ascii", $"{link}-2", "ho 4 2 1", "write-ho 4 2 7", "ho 4 2 1", "ho 4 3 1"));
        var voltage = await PymodbusClient.AskAsync("rtu", link, "in 3 0 2");
        Assert.InRange(ushort.Parse(voltage[0].Split(' ')[0], CultureInfo.InvariantCulture), 0x4300, 0x43FF); // a float32 from 128 to 512 V
    }

    [PeerFact(Peer.Pymodbus)]
    public async Task Faults_befall_datagrams_too()
    {
        var map = Path.Combine(_folder.Path, "udp.yaml");
        await File.WriteAllTextAsync(map, """
            bus: { modbus: rtu-over-udp, host: 127.0.0.1, port: 4001 }
            devices:
              - { name: busy, unit: 1, points: { x: { holding: 0 } } }
              - { name: mute, unit: 2, points: { x: { holding: 0 } } }
              - { name: well, unit: 3, points: { x: { holding: 0, simulate: constant(7) } } }
            """);
        await using var plant = await SimulatedPort.StartAsync(map, "--exception", "busy=6", "--delay", "mute=1min");
        var port = plant.Port.ToString(CultureInfo.InvariantCulture);

        Assert.Equal(["exception 6", "7"], await PymodbusClient.AskAsync("rtu-over-udp", port, "ho 1 0 1", "ho 3 0 1"));
        Assert.Equal(["exception none"], await PymodbusClient.AskAsync("rtu-over-udp", port, "ho 2 0 1"));
    }

    [Fact]
    public async Task A_map_with_TLS_is_served_with_TLS()
    {
        using var certificates = new TestCertificates();
        string MapOf(int port) => $$"""
            bus: { modbus: tls, host: 127.0.0.1, port: {{port}}, ca: {{certificates.Authority}}, certificate: {{certificates.Certificate("client")}}, key: {{certificates.Key("client")}}, timeout: 20 s }
            devices: [{ name: pv, unit: 1, points: { power: { input: 0, simulate: constant(77) } } }]
            """;
        using var folder = new GatewayFolder();
        folder.Configure();
        folder.WriteMap("pv.yaml", MapOf(802));
        await using var plant = await SimulatedPort.StartAsync(folder.MapFolder);
        folder.WriteMap("pv.yaml", MapOf(plant.Port));

        var (exitCode, output, error) = await GatewayProcess.RunAsync("read", "pv.power", "--config", folder.ConfigurationPath);

        Assert.True(exitCode == 0, error);
        Assert.Contains(" 77 ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nmea/receiver", "$GP")]
    [InlineData("dsmr/p1", "/")]
    public async Task A_serial_device_of_the_library_takes_a_map_of_two_lines(string profile, string expected)
    {
        var map = Path.Combine(_folder.Path, "serial.yaml");
        await File.WriteAllTextAsync(map, $"bus: {{ serial: /dev/ttyAMA0, baud: 9600 }}\ndevices: [{{ name: device, profile: {profile} }}]\n");
        var link = Path.Combine(_folder.Path, "serial");
        await using var plant = GatewayProcess.Start("simulate", map, "--link", link, "--delay", "1ms");
        await plant.WaitForOutputAsync($" is served on {link}");

        await using var listener = PeerProcess.Start("head", ["-c", expected.Length.ToString(CultureInfo.InvariantCulture), link]);

        await listener.WaitForExitAsync();
        Assert.Equal(expected, listener.Output.TrimEnd('\n'));
    }

    [Fact]
    public async Task A_serial_device_refuses_nothing()
    {
        _folder.WriteMap("serial.yaml", "bus: { serial: /dev/ttyAMA0 }\ndevices: [{ name: gps, protocol: nmea }]\n");

        var (exitCode, _, error) = await GatewayProcess.RunAsync("simulate", _folder.MapFolder, "--exception", "gps=6");

        Assert.Equal((2, "gateway: there is no Modbus device 'gps' in the maps\n"), (exitCode, error));
    }

    [Theory]
    [InlineData("--delay", "pmp=1ms", 2, "there is no device 'pmp' in the maps; did you mean 'pump'?")]
    [InlineData("--delay", "soon", 2, "'soon' is no time: write a number with ms or s, such as 50ms")]
    [InlineData("--fault-rate", "7", 2, "'7' is no share: write a number from 0 to 1, such as 0.05")]
    [InlineData("--exception", "busy", 2, "'busy' is no exception code: write 1 to 255, such as 6 for busy")]
    [InlineData("--noise", "3", 2, "--noise is a share from 0 to 1, such as 0.01")]
    public async Task What_is_asked_wrongly_is_said(string option, string value, int expectedCode, string expected)
    {
        var (exitCode, _, error) = await GatewayProcess.RunAsync("simulate", _folder.MapFolder, option, value);
        Assert.Equal((expectedCode, $"gateway: {expected}\n"), (exitCode, error));
    }

    private static async Task<string> PollAsync(SimulatedPort plant, int unit)
    {
        await using var mbpoll = PeerProcess.Start(
            "mbpoll",
            ["-m", "tcp", "-p", plant.Port.ToString(CultureInfo.InvariantCulture), "-a", unit.ToString(CultureInfo.InvariantCulture), "-0", "-r", "0", "-1", "-o", "10", "127.0.0.1"]);
        await mbpoll.WaitForExitAsync();
        return mbpoll.Output;
    }
}
