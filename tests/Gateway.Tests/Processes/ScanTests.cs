using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary><c>gateway scan</c> where devices are choosy, where it takes long, and on a terminal.</summary>
public sealed class ScanTests
{
    private const byte ReadHolding = 3;
    private const byte ReadInput = 4;
    private const byte ReportServerId = 17;

    [Fact]
    public async Task Ctrl_C_ends_a_scan_with_what_was_found_and_until_then_a_bar_shows_how_far_it_is()
    {
        using var folder = new GatewayFolder();
        await using var device = new FewWordsDevice(new() { [(3, ReadHolding)] = FewWordsDevice.Ones }, refusing: 3);
        await using var terminal = Terminal.Start("scan", "modbus", "--host", device.Host, "--units", "3-6", "--timeout", "10min");

        await terminal.WaitForAsync("unit 4, found: 1");
        Assert.Contains("%", terminal.Shown, StringComparison.Ordinal);
        Assert.True(device.WasAsked(4));
        Assert.False(device.WasAsked(5));
        Assert.Equal(0, await terminal.InterruptAsync());

        var drawn = terminal.Shown[terminal.Shown.LastIndexOf('╭')..].ReplaceLineEndings("\n");
        Assert.Matches(@"│ unit +│ profile +│ says of itself +│ line +│\n├", drawn);
        Assert.Matches(@"│ 3 +│ [a-z/0-9 -]+ +│ – +│ \{ modbus: tcp, host: 127\.0\.0\.1, port: \d+ \} │\n╰", drawn);
        folder.WriteMap("found.yaml", drawn[drawn.IndexOf("bus: {", StringComparison.Ordinal)..]);
        Assert.Equal(0, (await GatewayProcess.RunAsync("check", folder.MapFolder)).ExitCode);
    }

    // An input register, and a server id (05), running (FF), with a name among its bytes.
    [Fact]
    public async Task A_device_that_is_silent_for_what_it_lacks_is_found_by_its_input_registers_and_named_by_its_server_id()
    {
        await using var device = new FewWordsDevice(new()
        {
            [(7, ReadInput)] = FewWordsDevice.Ones,
            [(7, ReportServerId)] = _ => [9, 5, 0xFF, .. "ACME 42"u8],
        });

        var (exitCode, output, error) = await GatewayProcess.RunAsync("scan", "modbus", "--host", device.Host, "--units", "7", "--timeout", "1s", "--json");

        Assert.True(exitCode == 0, error);
        using var found = JsonDocument.Parse(output);
        var only = Assert.Single(found.RootElement.EnumerateArray());
        Assert.Equal((7, "ACME 42"), (only.GetProperty("unit").GetInt32(), only.GetProperty("identification").GetString()));
    }

    [Fact]
    public async Task The_serial_ports_of_the_machine_are_listed_or_it_is_said_that_there_are_none()
    {
        var (exitCode, output, error) = await GatewayProcess.RunAsync("scan", "serial", "--json");
        using var ports = JsonDocument.Parse(output);
        var paths = ports.RootElement.EnumerateArray().Select(port => port.GetProperty("path").GetString()!).ToList();
        Assert.All(paths, path => Assert.True(File.Exists(path), path));
        Assert.Equal((paths.Count > 0 ? 0 : 1, ""), (exitCode, error));

        (exitCode, output, error) = await GatewayProcess.RunAsync("scan", "serial");
        Assert.Equal(paths.Count > 0 ? 0 : 1, exitCode);
        Assert.All(paths, path => Assert.Contains($"\n{path} ", output, StringComparison.Ordinal));
        Assert.Equal(paths.Count > 0 ? "" : "gateway: there is no serial port: plug the adapter in, and look at 'dmesg' for what the kernel says of it\n", error);
    }
}
