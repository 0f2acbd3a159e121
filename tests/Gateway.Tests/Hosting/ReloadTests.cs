using System.Diagnostics;
using Gateway.Hosting;
using Gateway.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Hosting;

/// <summary>A service that runs takes up whatever its configuration is made of, when it is saved, and asks nobody to tell it so.</summary>
public sealed class ReloadTests : IAsyncLifetime
{
    private readonly GatewayFolder _folder = new();
    private readonly CancellationTokenSource _stopping = new();
    private IHost? _host;
    private Task _running = Task.CompletedTask;

    private GatewayService Service => _host!.Services.GetRequiredService<GatewayService>();

    private string Points => string.Join(' ', Service.Points?.Read(null, out _)?.Select(point => $"{point.Device}.{point.Point}") ?? []);

    private string Library => Path.Combine(_folder.MapFolder, "library");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _host?.Dispose();
        _stopping.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_password_file_that_was_missing()
    {
        _folder.WriteMap("tank.yaml", Map("tank", "level"));
        _folder.Configure("uplink: { url: mqtt://127.0.0.1:9, username: ann, password-file: uplink.password }");
        await StartAsync();
        Assert.Contains("there is no password file", Assert.Single(Service.GetStatus().Problems), StringComparison.Ordinal);

        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "uplink.password"), "correct horse\n");

        await Eventually.TrueAsync(() => Points == "tank.level");
    }

    [Fact]
    public async Task Certificate_and_key_that_were_missing()
    {
        using var certificates = new TestCertificates();
        _folder.WriteMap("tank.yaml", Map("tank", "level"));
        await File.WriteAllTextAsync(_folder.ConfigurationPath, $$"""
            data: data
            broker: { listen: "mqtts://127.0.0.1:{{_folder.BrokerPort}}", tls: { certificate: tls/server.pem, key: tls/server.key } }
            web: { listen: "http://127.0.0.1:{{_folder.WebPort}}" }

            """);
        await StartAsync();
        Assert.Null(Service.Broker);

        var tls = Directory.CreateDirectory(Path.Combine(_folder.Path, "tls")).FullName;
        File.Copy(certificates.Key("server"), Path.Combine(tls, "server.key"));
        File.Copy(certificates.Certificate("server"), Path.Combine(tls, "server.pem"));

        await Eventually.TrueAsync(() => Points == "tank.level");
    }

    [Fact]
    public async Task A_profile_that_is_edited_while_it_runs()
    {
        WriteProfile("acme/tank", "level");
        _folder.WriteMap("tank.yaml", "bus: { simulated: true }\ndevices: [{ name: tank, profile: acme/tank }]\n");
        _folder.Configure();
        await StartAsync();
        Assert.Equal("tank.level", Points);

        WriteProfile("acme/tank", "volume");

        await Eventually.TrueAsync(() => Points == "tank.volume");
    }

    [Fact]
    public async Task A_profile_that_was_missing()
    {
        _folder.WriteMap("tank.yaml", "bus: { simulated: true }\ndevices: [{ name: tank, profile: acme/tank }]\n");
        _folder.Configure();
        await StartAsync();
        Assert.Equal("", Points);

        WriteProfile("acme/tank", "level");

        await Eventually.TrueAsync(() => Points == "tank.level");
    }

    [Fact]
    public async Task A_profile_that_goes_before_one_of_the_package()
    {
        _folder.WriteMap("meter.yaml", $"bus: {{ modbus: tcp, host: 127.0.0.1, port: {LoopbackPort.Free()} }}\ndevices: [{{ name: meter, profile: eastron/sdm630 }}]\n");
        _folder.Configure();
        await StartAsync();
        await Eventually.TrueAsync(() => Points.Contains("meter.", StringComparison.Ordinal) && !Points.Contains("meter.mine", StringComparison.Ordinal));

        WriteProfile("eastron/sdm630", "mine", "modbus", "{ input: 0 }");

        await Eventually.TrueAsync(() => Points == "meter.mine");
    }

    [Fact]
    public async Task A_folder_of_maps_that_was_missing()
    {
        Directory.Delete(_folder.MapFolder);
        _folder.Configure();
        await StartAsync();
        Assert.Equal("", Points);

        Directory.CreateDirectory(_folder.MapFolder);
        _folder.WriteMap("tank.yaml", Map("tank", "level"));

        await Eventually.TrueAsync(() => Points == "tank.level");
    }

    [Fact]
    public async Task Another_folder_of_maps_in_its_place_and_edits_there()
    {
        _folder.WriteMap("tank.yaml", Map("tank", "level"));
        _folder.Configure();
        await StartAsync();
        var next = Directory.CreateDirectory(_folder.MapFolder + ".next").FullName;
        await File.WriteAllTextAsync(Path.Combine(next, "boiler.yaml"), Map("boiler", "flow"));

        Directory.Move(_folder.MapFolder, _folder.MapFolder + ".old");
        Directory.Move(next, _folder.MapFolder);
        await Eventually.TrueAsync(() => Points == "boiler.flow");

        _folder.WriteMap("boiler.yaml", Map("boiler", "return"));
        await Eventually.TrueAsync(() => Points == "boiler.return");
    }

    [Fact]
    public async Task A_link_to_another_folder_of_maps_and_edits_there()
    {
        Directory.Move(_folder.MapFolder, _folder.MapFolder + ".1");
        Directory.CreateSymbolicLink(_folder.MapFolder, _folder.MapFolder + ".1");
        _folder.WriteMap("tank.yaml", Map("tank", "level"));
        _folder.Configure();
        await StartAsync();
        var next = Directory.CreateDirectory(_folder.MapFolder + ".2").FullName;
        await File.WriteAllTextAsync(Path.Combine(next, "boiler.yaml"), Map("boiler", "flow"));

        using var ln = Process.Start("ln", ["-sfn", next, _folder.MapFolder]);
        await ln.WaitForExitAsync();
        await Eventually.TrueAsync(() => Points == "boiler.flow");

        await File.WriteAllTextAsync(Path.Combine(next, "boiler.yaml"), Map("boiler", "return"));
        await Eventually.TrueAsync(() => Points == "boiler.return");
    }

    private static string Map(string device, string point) => $"bus: {{ simulated: true }}\ndevices: [{{ name: {device}, points: {{ {point}: {{}} }} }}]\n";

    private void WriteProfile(string name, string point, string driver = "simulated", string keys = "{}")
    {
        var path = Path.Combine(Library, name + ".yaml");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"driver: {driver}\ndescription: A device\nsource: made up\npoints: {{ {point}: {keys} }}\n");
    }

    private async Task StartAsync()
    {
        var options = new GatewayServiceOptions
        {
            ConfigurationPath = _folder.ConfigurationPath,
            Drivers = InstalledPlugins.CreateDrivers(),
            DefaultPage = new Uri($"http://127.0.0.1:{_folder.WebPort}"),
            ReloadsOnHangUp = false,
        };
        _host = GatewayHost.Create(options, LogLevel.None);
        _running = GatewayHost.RunAsync(_host, _stopping.Token);
        await Service.Readied;
    }
}
