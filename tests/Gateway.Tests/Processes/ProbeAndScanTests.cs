using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary><c>gateway probe</c> and <c>gateway scan</c> against servers that are not ours.</summary>
public sealed class ProbeAndScanTests
{
    private static readonly Dictionary<int, PymodbusUnit> Device = new()
    {
        // 230.5 as IEEE 754 single with the low word first.
        [3] = new PymodbusUnit { Holding = { [0] = [7, 8], [100] = [0x8000, 0x4366] }, Coils = { [4] = [true, false] } },
    };

    [PeerFact(Peer.Pymodbus)]
    public async Task A_range_is_shown_as_every_type_in_every_order_with_the_addresses_beside_it()
    {
        await using var server = await PymodbusServer.StartTcpAsync(Device);

        var (exitCode, output, error) = await GatewayProcess.RunAsync(
            "probe", "modbus", "--host", $"127.0.0.1:{server.Port}", "--unit", "3", "--timeout", "20s", "holding", "100", "2", "--json");

        Assert.True(exitCode == 0, error);
        using var document = JsonDocument.Parse(output);
        Assert.Equal(0x4366, document.RootElement.GetProperty("registers").GetProperty("101").GetInt32());
        var plausible = document.RootElement.GetProperty("numbers").EnumerateArray()
            .Where(number => number.GetProperty("isPlausible").GetBoolean() && number.GetProperty("type").GetString() == "float32")
            .Select(number => $"{number.GetProperty("address").GetInt32()} {number.GetProperty("order").GetString()} {number.GetProperty("value").GetString()}");
        Assert.Contains("100 CDAB 230.5", plausible);
    }

    [PeerFact(Peer.Pymodbus)]
    public async Task What_is_not_there_is_said()
    {
        await using var server = await PymodbusServer.StartTcpAsync(Device);
        var host = $"127.0.0.1:{server.Port}";

        var (exitCode, output, error) = await GatewayProcess.RunAsync("probe", "modbus", "--host", host, "--unit", "3", "--timeout", "20s", "holding", "5000");
        Assert.Equal((1, "", $"gateway: unit 3 on {host} does not give it: exception 2 (IllegalDataAddress)\n"), (exitCode, output, error));

        (exitCode, _, error) = await GatewayProcess.RunAsync("probe", "modbus", "--host", host, "holdin", "5000");
        Assert.Equal((2, "gateway: 'holdin' is no table: write holding, input, coil or discrete\n"), (exitCode, error));
    }

    [PeerFact(Peer.Pymodbus, Peer.Socat)]
    public async Task A_scan_of_a_serial_line_finds_the_settings_and_the_units_and_prints_a_map_that_is_valid()
    {
        using var folder = new GatewayFolder();
        await using var cable = await PtyPair.CreateAsync();
        await using var server = await PymodbusServer.StartRtuAsync(Device, cable.PathA);

        var (exitCode, output, error) = await GatewayProcess.RunAsync(
            "scan", "modbus", "--port", cable.PathB, "--baud", "9600,19200", "--parity", "none", "--units", "2-4", "--timeout", "3s");

        Assert.True(exitCode == 0, error);
        Assert.Contains("none fits", output, StringComparison.Ordinal);
        var map = output[(output.IndexOf("\nbus: ", StringComparison.Ordinal) + 1)..];
        Assert.Contains($"bus: {{ modbus: rtu, port: {cable.PathB}, baud: ", map, StringComparison.Ordinal);
        Assert.Contains("  - name: device-3\n", map, StringComparison.Ordinal);
        folder.WriteMap("found.yaml", map);
        Assert.Equal(0, (await GatewayProcess.RunAsync("check", folder.MapFolder)).ExitCode);
    }

    [Fact]
    public async Task A_scan_names_the_profile_that_fits()
    {
        using var folder = new GatewayFolder();
        folder.WriteMap("meter.yaml", "bus: { modbus: tcp, host: 127.0.0.1 }\ndevices: [{ name: meter, profile: eastron/sdm630, unit: 7 }]\n");
        await using var meter = await SimulatedPort.StartAsync(folder.MapFolder);

        var (exitCode, output, error) = await GatewayProcess.RunAsync(
            "scan", "modbus", "--host", $"127.0.0.1:{meter.Port}", "--units", "6-8", "--timeout", "20s", "--json");

        Assert.True(exitCode == 0, error);
        using var found = JsonDocument.Parse(output);
        var device = Assert.Single(found.RootElement.EnumerateArray());
        Assert.Equal(7, device.GetProperty("unit").GetInt32());
        Assert.Equal("eastron/sdm630", device.GetProperty("profile").GetString());
    }

    [Fact]
    public async Task A_walk_through_a_SunSpec_device_prints_a_map_that_is_valid_and_reads_it()
    {
        using var folder = new GatewayFolder();
        folder.WriteMap("pv.yaml", "bus: { modbus: tcp, host: 127.0.0.1 }\ndevices: [{ name: pv, profile: sunspec/inverter, unit: 126 }]\n");
        await using var inverter = await SimulatedPort.StartAsync(folder.MapFolder);

        var (exitCode, output, error) = await GatewayProcess.RunAsync("scan", "sunspec", "--host", $"127.0.0.1:{inverter.Port}", "--units", "126", "--timeout", "20s");

        Assert.True(exitCode == 0, error);
        Assert.Contains("      # Model 101, inverter, 50 registers at ", output, StringComparison.Ordinal);
        Assert.Contains("      power: { sunspec: inverter.W, unit: W }   # ", output, StringComparison.Ordinal);
        folder.WriteMap("pv.yaml", output);
        (exitCode, _, error) = await GatewayProcess.RunAsync("check", folder.MapFolder);
        Assert.True(exitCode == 0, error);
    }

    [Fact]
    public async Task A_scan_names_the_SunSpec_profile_wherever_the_map_begins()
    {
        using var folder = new GatewayFolder();
        folder.WriteMap("pv.yaml", "bus: { modbus: tcp, host: 127.0.0.1 }\ndevices: [{ name: pv, profile: sunspec/meter, unit: 126 }]\n");
        await using var meter = await SimulatedPort.StartAsync(folder.MapFolder);

        var (exitCode, output, error) = await GatewayProcess.RunAsync(
            "scan", "modbus", "--host", $"127.0.0.1:{meter.Port}", "--units", "125,126", "--timeout", "20s", "--json");

        Assert.True(exitCode == 0, error);
        using var found = JsonDocument.Parse(output);
        Assert.Equal("sunspec/meter", Assert.Single(found.RootElement.EnumerateArray()).GetProperty("profile").GetString());
    }

    [Fact]
    public async Task Nothing_is_said_with_what_to_look_at()
    {
        var port = LoopbackPort.Free();
        var (exitCode, _, error) = await GatewayProcess.RunAsync("scan", "modbus", "--host", $"127.0.0.1:{port}");
        Assert.Equal(1, exitCode);
        Assert.StartsWith($"gateway: 127.0.0.1:{port}: The Modbus line does not open: ", error, StringComparison.Ordinal);

        (exitCode, _, error) = await GatewayProcess.RunAsync("scan", "modbus");
        Assert.Equal((2, "gateway: name the line: --port /dev/ttyUSB0 for a serial one, or --host 10.0.0.7 for one on the network\n"), (exitCode, error));
    }
}
