using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary><c>gateway demo</c> and <c>gateway simulate</c> as processes.</summary>
public sealed partial class DemoTests
{
    [Fact]
    public async Task The_demo_polls_a_whole_plant_and_Ctrl_C_ends_it_without_a_trace()
    {
        await using var demo = GatewayProcess.Start("demo", "--broker-port", "0", "--web-port", "0");
        await demo.WaitForOutputAsync("Ctrl-C stops it.");
        Assert.Contains("A plant of 6 simulated devices on 5 buses runs.", demo.Output, StringComparison.Ordinal);
        var port = PortOfBroker().Match(demo.Output).Groups[1].Value;
        var folder = FolderOfData().Match(demo.Output).Groups[1].Value;

        foreach (var topic in new[] { "demo/main-meter/$status", "demo/pv/$status", "demo/boiler/$status", "demo/scale/$status", "demo/garage/$status", "demo/attic/$status" })
        {
            Assert.Equal((0, "online\n"), await FirstAsync(port, topic));
        }

        var set = await GatewayProcess.RunAsync("pub", "-p", port, "-t", "demo/boiler/mode/set", "-m", "comfort", "-q", "1");
        Assert.Equal((0, "", ""), set);
        await using var result = GatewayProcess.Start("sub", "-p", port, "-t", "demo/boiler/mode", "-W", "60");
        await result.WaitForOutputAsync("\"value\":\"comfort\"");
        using var http = new HttpClient();
        var page = new Uri(AddressOfPage().Match(demo.Output).Value);
        Assert.Contains("<script", await http.GetStringAsync(page), StringComparison.Ordinal);
        Assert.Contains("flow_temperature", await http.GetStringAsync(new Uri(page, "api/points?name=boiler")), StringComparison.Ordinal);

        await demo.SignalAsync("INT");
        Assert.Equal(0, await demo.WaitForExitAsync());
        Assert.False(Directory.Exists(Path.GetDirectoryName(folder)));
    }

    [Fact]
    public async Task The_demo_does_not_start_on_taken_ports()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var (exitCode, output, error) = await GatewayProcess.RunAsync("demo", "--broker-port", "0", "--web-port", $"{port}");

        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith($"gateway: the page cannot be served on http://127.0.0.1:{port}", error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Simulated_devices_are_served_where_a_gateway_polls_them()
    {
        using var folder = new GatewayFolder();
        folder.WriteMap("plant.yaml", """
            bus: { modbus: tcp, host: 10.0.0.7 }
            devices: [{ name: pv, unit: 126, points: { power: { holding: 1, simulate: "constant(7)" } } }]
            ---
            bus: { modbus: rtu, port: /dev/ttyUSB0 }
            devices: [{ name: boiler, unit: 2, points: { flow: { holding: 1, simulate: "constant(8)" } } }]
            """);
        var link = Path.Combine(folder.Path, "rtu");
        await using var plant = GatewayProcess.Start("simulate", folder.MapFolder, "--listen", "127.0.0.1:0", "--link", link);
        await plant.WaitForOutputAsync($"is served on {link}: boiler");
        var port = ServedOn().Match(plant.Output).Groups[1].Value;
        folder.WriteMap("plant.yaml", $$"""
            bus: { modbus: tcp, host: 127.0.0.1, port: {{port}} }
            devices: [{ name: pv, unit: 126, points: { power: { holding: 1 } } }]
            ---
            bus: { modbus: rtu, port: {{link}} }
            devices: [{ name: boiler, unit: 2, points: { flow: { holding: 1 } } }]
            """);
        folder.Configure("publish: { format: value }");
        await using var gateway = folder.Run();
        await gateway.WaitForErrorAsync("The page is on");

        Assert.Equal((0, "7\n"), await FirstAsync($"{folder.BrokerPort}", "plant1/pv/power"));
        Assert.Equal((0, "8\n"), await FirstAsync($"{folder.BrokerPort}", "plant1/boiler/flow"));
        Assert.Equal(0, await gateway.StopAsync());
        Assert.Equal(0, await plant.StopAsync());
        Assert.False(File.Exists(link));
    }

    private static async Task<(int ExitCode, string Output)> FirstAsync(string port, string topic)
    {
        var (exitCode, output, _) = await GatewayProcess.RunAsync("sub", "-p", port, "-t", topic, "-C", "1", "-W", "50");
        return (exitCode, output);
    }

    [GeneratedRegex(@"sub -p (\d+) ")]
    private static partial Regex PortOfBroker();

    [GeneratedRegex(@"status --data (\S+)")]
    private static partial Regex FolderOfData();

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex AddressOfPage();

    [GeneratedRegex(@"is served on 127\.0\.0\.1:(\d+): pv")]
    private static partial Regex ServedOn();
}
