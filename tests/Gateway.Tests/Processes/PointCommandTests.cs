using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary><c>gateway read</c>, <c>write</c> and <c>watch</c> as processes of their own, with a service and without.</summary>
public sealed class PointCommandTests : IAsyncLifetime
{
    private const string Devices = """
        devices:
          - name: boiler
            every: 200 ms
            points:
              flow:     { holding: 100, type: int16, scale: 0.1, unit: °C, simulate: constant(21.5) }
              mode:     { holding: 12, enum: { 0: "off", 1: eco, 2: comfort }, write: true, simulate: constant(1) }
              setpoint: { holding: 13, type: int16, scale: 0.1, unit: °C, write: true, min: 5, max: 80, simulate: constant(40) }
              missing:  { input: 9000, simulate: constant(1) }
        """;

    private readonly GatewayFolder _folder = new();
    private SimulatedPort _plant = null!;

    public async Task InitializeAsync()
    {
        var map = Path.Combine(_folder.Path, "simulated.yaml");
        await File.WriteAllTextAsync(map, $"bus: {{ modbus: tcp, host: 127.0.0.1 }}\n{Devices.Replace("input: 9000", "input: 9", StringComparison.Ordinal)}");
        _plant = await SimulatedPort.StartAsync(map);
        _folder.Configure();
        _folder.WriteMap("plant.yaml", $"bus: {{ modbus: tcp, host: 127.0.0.1, port: {_plant.Port}, timeout: 5 s }}\n{Devices}");
    }

    public async Task DisposeAsync()
    {
        await _plant.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Values_are_read_written_and_read_back(bool hasService)
    {
        await using var service = hasService ? _folder.Run() : null;
        await (service?.WaitForErrorAsync(" answers\n") ?? Task.CompletedTask);

        var (exitCode, output, error) = await RunAsync("write", "boiler.mode", "comfort");
        Assert.True(exitCode == 0, error);
        Assert.StartsWith("point        value    quality  age\nboiler.mode  comfort  good     ", output, StringComparison.Ordinal);

        (exitCode, output, error) = await RunAsync("read", "boiler", "--json");
        Assert.True(exitCode == 0, error);
        using var points = JsonDocument.Parse(output);
        var byName = points.RootElement.EnumerateArray().ToDictionary(point => point.GetProperty("point").GetString()!);
        Assert.Equal(["flow", "mode", "setpoint", "missing"], byName.Keys);
        Assert.Equal(21.5m, byName["flow"].GetProperty("value").GetDecimal());
        Assert.Equal("°C", byName["flow"].GetProperty("unit").GetString());
        Assert.Equal("comfort", byName["mode"].GetProperty("value").GetString());
        Assert.True(byName["mode"].GetProperty("isWritable").GetBoolean());
        Assert.Equal("exception-2", byName["missing"].GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_cannot_be_done_is_said_in_a_sentence(bool hasService)
    {
        await using var service = hasService ? _folder.Run() : null;
        await (service?.WaitForErrorAsync(" answers\n") ?? Task.CompletedTask);

        Assert.Equal((1, "", "gateway: there is no device 'boilr'; did you mean 'boiler'?\n"), await RunAsync("read", "boilr.mode"));
        Assert.Equal((1, "", "gateway: the device 'boiler' has no point 'mod'; did you mean 'mode'?\n"), await RunAsync("write", "boiler.mod", "eco"));
        Assert.Equal((1, "", "gateway: boiler.flow is not writable; its map must say write: true\n"), await RunAsync("write", "boiler.flow", "1"));
        Assert.Equal((1, "", "gateway: 81 is outside 5 to 80\n"), await RunAsync("write", "boiler.setpoint", "81"));
        Assert.Equal((1, "", "gateway: 'party' is not one of off, eco, comfort\n"), await RunAsync("write", "boiler.mode", "party"));
    }

    [Fact]
    public async Task A_point_without_a_value_is_shown_and_is_no_success()
    {
        var (exitCode, output, _) = await RunAsync("read", "boiler.missing");

        Assert.Equal(1, exitCode);
        Assert.Contains("boiler.missing  –      bad: exception-2", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_service_and_configuration_both_are_named()
    {
        var (exitCode, _, error) = await GatewayProcess.RunAsync("read", "boiler", "--config", "/nowhere/gateway.yaml", "--data", _folder.DataFolder);

        Assert.Equal(1, exitCode);
        Assert.Equal($"gateway: no service runs on {_folder.DataFolder}, and there is no configuration /nowhere/gateway.yaml: name one with --config\n", error);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Watching_shows_what_changes(bool hasService)
    {
        await using var service = hasService ? _folder.Run() : null;
        await (service?.WaitForErrorAsync(" answers\n") ?? Task.CompletedTask);
        await using var watch = GatewayProcess.Start("watch", "boiler", "--config", _folder.ConfigurationPath);
        await watch.WaitForOutputAsync("Z boiler.mode eco\n");
        await watch.WaitForOutputAsync("Z boiler.missing – (bad: exception-2)\n");
        Assert.Equal(0, (await RunAsync("write", "boiler.mode", "off")).ExitCode);
        await watch.WaitForOutputAsync("Z boiler.mode off\n");
        Assert.Equal(0, await watch.StopAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task On_a_terminal_what_is_watched_is_one_table_that_is_drawn_anew(bool hasService)
    {
        await using var service = hasService ? _folder.Run() : null;
        await (service?.WaitForErrorAsync(" answers\n") ?? Task.CompletedTask);
        await using var terminal = Terminal.Start("watch", "boiler", "--config", _folder.ConfigurationPath);

        await terminal.WaitForAsync("│ boiler.flow     │ 21.5 °C │ ▅");
        Assert.Contains("╭", terminal.Shown, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("write", "boiler.mode", "comfort")).ExitCode);
        await terminal.WaitForAsync("│ boiler.mode     │ comfort │  ");
        Assert.Equal(0, await terminal.InterruptAsync());
    }

    [Fact]
    public async Task What_is_higher_than_the_terminal_is_cut_off_and_counted()
    {
        var points = string.Join(", ", Enumerable.Range(1, 111).Select(number => $"p{number:000}: {{}}"));
        using var many = new GatewayFolder();
        many.Configure();
        many.WriteMap("many.yaml", $"bus: {{ simulated: true }}\ndevices: [{{ name: tank, points: {{ {points} }} }}]\n");
        await using var terminal = Terminal.Start("watch", "--config", many.ConfigurationPath);

        await terminal.WaitForAsync("… and 77 more; name a device");
        Assert.Contains("│ tank.p034 │", terminal.Shown, StringComparison.Ordinal);
        Assert.DoesNotContain("tank.p035", terminal.Shown, StringComparison.Ordinal);
        Assert.Equal(0, await terminal.InterruptAsync());
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) =>
        GatewayProcess.RunAsync([.. arguments, "--config", _folder.ConfigurationPath]);
}
