using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Gateway.Hosting;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary><c>gateway run</c> as a process: start, reload, bad input, stop.</summary>
public sealed class RunTests : IDisposable
{
    private const string Attic = """
        bus: { simulated: true }
        devices:
          - { name: attic, every: 200 ms, points: { temperature: { unit: °C, simulate: "constant(21.5)" } } }
        """;

    private readonly GatewayFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Publishes_tells_its_status_and_stops_on_SIGTERM()
    {
        _folder.Configure();
        _folder.WriteMap("attic.yaml", Attic);
        await using var gateway = _folder.Run();
        await gateway.WaitForErrorAsync("The page is on");

        var (exitCode, output, error) = await GatewayProcess.RunAsync(
            "sub", "-p", $"{_folder.BrokerPort}", "-t", "plant1/attic/temperature", "-v", "-C", "1", "-W", "30");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Matches("^plant1/attic/temperature {\"value\":21.5,\"time\":\"[0-9TZ:.-]+\",\"quality\":\"good\",\"unit\":\"°C\",\"id\":\"plant1-[0-9]+-[0-9]+\"}\n$", output);

        (exitCode, output, _) = await GatewayProcess.RunAsync("status", "--config", _folder.ConfigurationPath);
        Assert.Equal(0, exitCode);
        Assert.Contains("attic   online  simulated 1", output, StringComparison.Ordinal);

        (exitCode, output, _) = await GatewayProcess.RunAsync("queue", "stats", "--config", _folder.ConfigurationPath, "--json");
        Assert.Equal(0, exitCode);
        using var queue = JsonDocument.Parse(output);
        Assert.Equal(0, queue.RootElement.GetProperty("depth").GetInt64());

        Assert.Equal(0, await gateway.StopAsync());
        Assert.DoesNotContain("Unhandled", gateway.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_for_programs_when_asked_to()
    {
        _folder.Configure();
        _folder.WriteMap("attic.yaml", $"bus: {{ modbus: tcp, host: 127.0.0.1, port: {LoopbackPort.Free()} }}\ndevices: [{{ name: meter, unit: 7, points: {{ x: {{ holding: 0, write: true }} }} }}]\n");
        await using var gateway = _folder.Run(arguments: ["--log", "json"]);
        await gateway.WaitForErrorAsync("does not answer");

        AssertTold(gateway, 7002, "does not answer", null);
        await GatewayProcess.RunAsync("pub", "-p", $"{_folder.BrokerPort}", "-t", "plant1/meter/x/set", "-m", "5");
        await gateway.WaitForErrorAsync("\"event\":7004");
        AssertTold(gateway, 7004, "plant1/meter/x/set: refused", "x");
        await GatewayProcess.RunAsync("write", "--config", _folder.ConfigurationPath, "meter.x", "5");
        await gateway.WaitForErrorAsync("\"event\":8044");
        AssertTold(gateway, 8044, "meter.x: refused 5 of", "x");
        Assert.Equal(0, await gateway.StopAsync());
    }

    private static void AssertTold(GatewayProcess gateway, int number, string text, string? point)
    {
        using var line = JsonDocument.Parse(gateway.Error.Split('\n').First(line => line.Contains(text, StringComparison.Ordinal)));
        var entry = line.RootElement;
        Assert.Equal(("warn", number), (entry.GetProperty("level").GetString(), entry.GetProperty("event").GetInt32()));
        Assert.Equal(("meter", 7), (entry.GetProperty("device").GetString(), entry.GetProperty("unit").GetInt32()));
        Assert.Equal(point, entry.TryGetProperty("point", out var told) ? told.GetString() : null);
        Assert.StartsWith("modbus tcp 127.0.0.1:", entry.GetProperty("bus").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_edit_changes_nothing_and_a_mended_one_runs()
    {
        _folder.Configure();
        _folder.WriteMap("attic.yaml", Attic);
        await using var gateway = _folder.Run();
        await gateway.WaitForErrorAsync("attic on simulated 1 answers");

        _folder.WriteMap("cellar.yaml", "bus: { simulatd: true }\ndevices: []\n");
        await gateway.WaitForErrorAsync("what ran before goes on until it is mended");
        Assert.Contains("cellar.yaml:1:8: error:", gateway.Error, StringComparison.Ordinal);
        Assert.Contains("cellar.yaml:1:8: error:", (await GatewayProcess.RunAsync("status", "--config", _folder.ConfigurationPath)).Output, StringComparison.Ordinal);

        _folder.WriteMap("cellar.yaml", Attic.Replace("simulated: true", "simulated: true, name: cellar", StringComparison.Ordinal).Replace("attic", "cellar", StringComparison.Ordinal));
        await gateway.WaitForErrorAsync("cellar on simulated cellar answers");
        Assert.Equal(0, await gateway.StopAsync());
    }

    [Fact]
    public async Task A_users_file_that_cannot_be_used_changes_nothing()
    {
        _folder.Configure();
        _folder.WriteMap("attic.yaml", Attic);
        await using var gateway = _folder.Run();
        await gateway.WaitForErrorAsync("attic on simulated 1 answers");

        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "users"), "somebody\n");
        var configuration = await File.ReadAllTextAsync(_folder.ConfigurationPath);
        await File.WriteAllTextAsync(_folder.ConfigurationPath, configuration.Replace("broker: {", "broker: { users: users,", StringComparison.Ordinal));
        await gateway.WaitForErrorAsync("what ran before goes on until it is mended");
        Assert.Contains("users:1: expected user:hash", gateway.Error, StringComparison.Ordinal);

        _folder.Configure();
        await gateway.WaitForErrorAsync("buses started: 0, stopped: 0");
        Assert.Equal(0, await gateway.StopAsync());
    }

    [Fact]
    public async Task Without_a_valid_configuration_it_polls_nothing_says_why_and_starts_when_it_is_mended()
    {
        await File.WriteAllTextAsync(_folder.ConfigurationPath, $"data: data\nweb: {{ listen: http://127.0.0.1:{_folder.WebPort} }}\nsite: a/b\n");
        await using var gateway = _folder.Run();
        await gateway.WaitForErrorAsync("nothing is polled until it is mended");
        Assert.Contains("gateway.yaml:3:7: error: 'a/b' cannot be the name of the site", gateway.Error, StringComparison.Ordinal);
        Assert.Contains("'a/b' cannot be", (await GatewayProcess.RunAsync("status", "--config", _folder.ConfigurationPath)).Output, StringComparison.Ordinal);

        _folder.Configure();
        _folder.WriteMap("attic.yaml", Attic);
        await gateway.WaitForErrorAsync("attic on simulated 1 answers");
        Assert.Equal(0, await gateway.StopAsync());
    }

    [Fact]
    public async Task After_a_restart_with_a_broken_configuration_the_last_good_one_runs()
    {
        _folder.Configure();
        _folder.WriteMap("attic.yaml", Attic);
        await using (var first = _folder.Run())
        {
            await first.WaitForErrorAsync("attic on simulated 1 answers");
            Assert.Equal(0, await first.StopAsync());
        }

        _folder.WriteMap("attic.yaml", "bus: {\n");
        await using var second = _folder.Run();
        await second.WaitForErrorAsync("attic on simulated 1 answers");
        await second.WaitForErrorAsync("the last good one runs until it is mended");
        Assert.Equal(0, await second.StopAsync());
    }

    [Fact]
    public async Task After_going_back_from_a_version_that_took_up_what_this_one_does_not_know_its_own_last_good_one_runs()
    {
        _folder.Configure();
        _folder.WriteMap("attic.yaml", Attic);
        await using (var first = _folder.Run())
        {
            await first.WaitForErrorAsync("attic on simulated 1 answers");
            Assert.Equal(0, await first.StopAsync());
        }

        // The newer one takes up the files as they are, and later those with what only it knows.
        var newer = new LastGoodCopy(_folder.DataFolder, _folder.ConfigurationPath, "99.0.0");
        newer.Save(ReadFiles());
        _folder.WriteMap("attic.yaml", Attic.Replace("bus:", "of-a-newer-one: 1\nbus:", StringComparison.Ordinal));
        newer.Save(ReadFiles());

        await using var second = _folder.Run();
        await second.WaitForErrorAsync("attic on simulated 1 answers");
        await second.WaitForErrorAsync("the last good one runs until it is mended");
        Assert.Contains($", taken up by {ProgramVersion.Text}", second.Error, StringComparison.Ordinal);
        Assert.Contains($"gateway.yaml: version 99.0.0 took up these very files, and this is {ProgramVersion.Text}", second.Error, StringComparison.Ordinal);
        Assert.Equal(0, await second.StopAsync());
    }

    [Fact]
    public async Task SIGHUP_reads_the_configuration_again_and_keeps_the_data_path_if_it_is_the_same()
    {
        _folder.Configure();
        _folder.WriteMap("attic.yaml", Attic);
        await using var gateway = _folder.Run();
        await gateway.WaitForErrorAsync("attic on simulated 1 answers");

        await gateway.SignalAsync("HUP");

        await gateway.WaitForErrorAsync("buses started: 0, stopped: 0");
        Assert.Equal(0, await gateway.StopAsync());
    }

    [Fact]
    public async Task Taken_ports_are_said_once_and_taken_up_when_they_are_free()
    {
        _folder.Configure();
        _folder.WriteMap("attic.yaml", Attic);
        var broker = new TcpListener(IPAddress.Loopback, _folder.BrokerPort);
        var web = new TcpListener(IPAddress.Loopback, _folder.WebPort);
        broker.Start();
        web.Start();
        await using var gateway = _folder.Run();
        await gateway.WaitForErrorAsync("attic on simulated 1 answers");
        await gateway.WaitForErrorAsync($"mqtt://127.0.0.1:{_folder.BrokerPort}/ cannot be listened on");
        await gateway.WaitForErrorAsync($"the page cannot be served on http://127.0.0.1:{_folder.WebPort}: another program has the port; the gateway goes on");

        broker.Dispose();
        web.Dispose();

        await gateway.WaitForErrorAsync("The page is on");
        await gateway.WaitForErrorAsync("MQTT listens on");
        Assert.Equal(0, await gateway.StopAsync());
        Assert.Equal(1, Count(gateway.Error, "cannot be listened on"));
        Assert.Equal(1, Count(gateway.Error, "cannot be served on"));
    }

    [Fact]
    public async Task Two_gateways_do_not_share_a_data_folder()
    {
        _folder.Configure();
        await using var first = _folder.Run();
        await first.WaitForErrorAsync("The page is on");

        var (exitCode, _, error) = await GatewayProcess.RunAsync("run", "--config", _folder.ConfigurationPath);

        Assert.Equal(1, exitCode);
        Assert.Equal($"gateway: another gateway uses the data folder {_folder.DataFolder}: stop that one, or give this one its own with 'data:' in gateway.yaml\n", error);
        Assert.Equal(0, await first.StopAsync());
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private RecordingFiles ReadFiles()
    {
        var files = new RecordingFiles(_folder.ConfigurationPath);
        new ConfigurationReader(InstalledPlugins.CreateDrivers()).Read(_folder.ConfigurationPath, files);
        return files;
    }
}
