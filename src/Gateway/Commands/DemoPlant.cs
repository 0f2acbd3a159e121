using System.Globalization;
using System.Net;
using System.Reflection;
using Gateway.Abstractions.Drivers;
using Gateway.DeviceMaps.Files;
using Gateway.Drivers.Gpio;
using Gateway.Hosting;

namespace Gateway.Commands;

/// <summary>The demo's plant: simulated hardware that is served, and the folder with the configuration and the map of a gateway that polls it.</summary>
internal sealed class DemoPlant : IAsyncDisposable
{
    private const int AnyPort = 502; // stands in the map until the real one is known

    private readonly DirectoryInfo _folder;
    private SimulatedPlant? _hardware;

    private DemoPlant(DirectoryInfo folder) => _folder = folder;

    /// <summary>The drivers of the demo: those of every gateway, and a GPIO chip in software.</summary>
    public IReadOnlyList<IDriver> Drivers { get; } = InstalledPlugins.CreateDrivers(GpioSimulation.Open);

    /// <summary>The configuration.</summary>
    public string ConfigurationPath => Path.Combine(_folder.FullName, "gateway.yaml");

    /// <summary>The map.</summary>
    public string MapPath => Path.Combine(_folder.FullName, "devicemaps", "plant.yaml");

    /// <summary>The gateway's state.</summary>
    public string DataFolder => Path.Combine(_folder.FullName, "data");

    /// <summary>Starts the hardware and writes the files.</summary>
    /// <param name="brokerPort">Where the gateway's broker is to listen; 0: on a free port.</param>
    /// <param name="webPort">Where its page is to listen; 0: on a free port.</param>
    /// <param name="loggerFactory">Where trouble is logged.</param>
    public static async Task<DemoPlant> OpenAsync(int brokerPort, int webPort, ILoggerFactory loggerFactory)
    {
        var plant = new DemoPlant(Directory.CreateTempSubdirectory("gateway-demo-"));
        try
        {
            await plant.StartHardwareAsync(loggerFactory);
            plant.WriteConfiguration(brokerPort, webPort);
            return plant;
        }
        catch
        {
            await plant.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_hardware is not null)
        {
            await _hardware.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private async Task StartHardwareAsync(ILoggerFactory loggerFactory)
    {
        WriteMap(AnyPort);
        var read = new ConfigurationReader(Drivers).ReadMaps([MapPath], new DiskFiles());
        if (!read.IsValid)
        {
            throw CommandException.Failed($"the demo's map is not valid: {read.Diagnostics[0]}");
        }

        _hardware = await SimulatedPlant.OpenAsync(read.Buses, new IPEndPoint(IPAddress.Loopback, 0), RtuPort, TimeProvider.System, loggerFactory);
        var tcp = _hardware.Served.Select(served => served.Place).First(place => !place.StartsWith('/'));
        WriteMap(IPEndPoint.Parse(tcp).Port);
    }

    private string RtuPort => Path.Combine(_folder.FullName, "serial");

    private void WriteMap(int tcpPort)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("demo-plant.yaml")!;
        using var reader = new StreamReader(stream);
        Directory.CreateDirectory(Path.GetDirectoryName(MapPath)!);
        File.WriteAllText(MapPath, reader.ReadToEnd()
            .Replace("../../../devicemaps/schema", Path.Combine(AppContext.BaseDirectory, "devicemaps/schema"), StringComparison.Ordinal)
            .Replace("{tcp-port}", tcpPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{rtu-port}", RtuPort, StringComparison.Ordinal)
            .Replace("{scale-port}", RtuPort + "-2", StringComparison.Ordinal));
    }

    private void WriteConfiguration(int brokerPort, int webPort) => File.WriteAllText(ConfigurationPath, string.Create(CultureInfo.InvariantCulture, $$"""
        site: demo
        data: data
        broker: { listen: ["mqtt://127.0.0.1:{{brokerPort}}"] }
        web: { listen: http://127.0.0.1:{{webPort}} }

        """));
}
