using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Files;
using Gateway.Drivers;
using Gateway.Hosting;
using Gateway.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Hosting;

/// <summary>A driver that throws where it should answer, as one of a plug-in may.</summary>
public sealed class FailingDriverTests : IAsyncLifetime
{
    private const string Good = "bus: { simulated: true }\ndevices: [{ name: boiler, points: { level: { simulate: constant(5) } } }]\n";

    private readonly GatewayFolder _folder = new();
    private readonly FailingDriver _driver = new();
    private readonly CancellationTokenSource _stopping = new();
    private IHost? _host;
    private Task _running = Task.CompletedTask;

    private GatewayService Service => _host!.Services.GetRequiredService<GatewayService>();

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_folder.ConfigurationPath, "data: data\ndevicemaps: [devicemaps]\nbroker: { listen: [] }\nweb: { listen: [] }\n");
        _folder.WriteMap("boiler.yaml", Good);
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(nameof(IDriver.NameBus))]
    [InlineData(nameof(IDriver.PortOf))]
    [InlineData(nameof(IDriver.Validate))]
    public void It_is_an_error_at_its_bus_that_names_the_assembly(string member)
    {
        _driver.FailsIn = member;

        var read = new ConfigurationReader([_driver]).Read(_folder.ConfigurationPath, new DiskFiles());

        var finding = Assert.Single(read.Diagnostics);
        Assert.False(read.IsValid);
        Assert.EndsWith("boiler.yaml:1:6", finding.Location.ToString(), StringComparison.Ordinal);
        Assert.Equal($"the driver 'simulated' of {typeof(FailingDriverTests).Assembly.Location} failed: InvalidOperationException: {member} has a mistake", finding.Message);
        Assert.Contains(member, Assert.Single(read.Faults).StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bus_whose_load_cannot_be_told_runs_all_the_same()
    {
        _driver.FailsIn = nameof(IDriver.EstimateLoad);
        var reader = new ConfigurationReader([_driver]);

        var read = reader.Read(_folder.ConfigurationPath, new DiskFiles());

        Assert.True(read.IsValid);
        Assert.EndsWith("EstimateLoad has a mistake; the load of simulated 1 is not known", Assert.Single(read.Diagnostics).Message, StringComparison.Ordinal);
        Assert.Null(reader.EstimateLoad(Assert.Single(read.Buses)));
    }

    [Fact]
    public async Task What_runs_goes_on_and_after_a_restart_the_last_good_one()
    {
        await StartAsync();
        Assert.Empty(Service.GetStatus().Problems);

        _driver.FailsIn = nameof(IDriver.Validate);
        _driver.FailsAt = "tank";
        _folder.WriteMap("boiler.yaml", Good.Replace("boiler", "tank", StringComparison.Ordinal));

        await Eventually.TrueAsync(() => Service.GetStatus().Problems is [var problem] && problem.Contains("Validate has a mistake", StringComparison.Ordinal));
        Assert.False(_running.IsCompleted);
        Assert.Equal("boiler", Assert.Single(Assert.Single(Service.GetStatus().Buses).Devices).Name);

        await StopAsync();
        await StartAsync();
        Assert.Single(Service.GetStatus().Problems);
        Assert.Equal("boiler", Assert.Single(Assert.Single(Service.GetStatus().Buses).Devices).Name);
    }

    private async Task StartAsync()
    {
        var options = new GatewayServiceOptions
        {
            ConfigurationPath = _folder.ConfigurationPath,
            Drivers = [_driver],
            DefaultPage = new Uri($"http://127.0.0.1:{_folder.WebPort}"),
            ReloadsOnHangUp = false,
        };
        _host = GatewayHost.Create(options, LogLevel.None);
        _running = GatewayHost.RunAsync(_host, _stopping.Token);
        await Service.Readied;
    }

    private async Task StopAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync();
            await _running;
            _host.Dispose();
            _host = null;
        }
    }

    /// <summary>The driver of simulated devices, with a mistake.</summary>
    private sealed class FailingDriver : IDriver
    {
        private readonly IDriver _inner = DriverCatalog.Create().First(driver => driver.Schema.Name == "simulated");

        /// <summary>The member that throws; null: none.</summary>
        public string? FailsIn { get; set; }

        /// <summary>The only device at which it does; null: at any.</summary>
        public string? FailsAt { get; set; }

        public DriverSchema Schema => _inner.Schema;

        public string NameBus(Settings bus) => Unless(nameof(IDriver.NameBus), null) ?? _inner.NameBus(bus);

        public string? PortOf(Settings bus) => Unless(nameof(IDriver.PortOf), null);

        public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
        {
            Unless(nameof(IDriver.Validate), bus);
            _inner.Validate(bus, diagnostics);
        }

        public BusLoad? EstimateLoad(BusDefinition bus)
        {
            Unless(nameof(IDriver.EstimateLoad), bus);
            return _inner.EstimateLoad(bus);
        }

        public IBus Open(BusDefinition bus, DriverContext context) => _inner.Open(bus, context);

        private string? Unless(string member, BusDefinition? bus) =>
            FailsIn == member && (FailsAt is null || bus?.Devices[0].Name == FailsAt) ? throw new InvalidOperationException($"{member} has a mistake.") : null;
    }
}
