using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Runtime.Configuration;

namespace Gateway.Hosting;

/// <summary>Reads configuration and maps, and judges them: what <c>gateway check</c> accepts is what <c>gateway run</c> runs.</summary>
/// <param name="drivers">The drivers that maps may name.</param>
internal sealed class ConfigurationReader(IReadOnlyList<IDriver> drivers)
{
    /// <summary>Reads a configuration and the maps that it names.</summary>
    public ReadConfiguration Read(string configurationPath, ISourceFiles files)
    {
        var (options, diagnostics) = new ConfigurationLoader(files).Load(configurationPath);
        if (options is null)
        {
            return new ReadConfiguration { Diagnostics = diagnostics, Paths = [configurationPath] };
        }

        var maps = ReadMaps(options.DeviceMaps, files);
        var served = maps.IsValid ? ServeRules.Check(options, maps.Buses, bus => DriverOf(bus).PortOf(bus.Settings), files) : [];
        return maps with
        {
            Options = options,
            Diagnostics = [.. diagnostics, .. served, .. maps.Diagnostics, .. maps.IsValid ? UplinkRules.Check(options, maps.Buses) : []],
            Paths = [configurationPath, .. options.DeviceMaps, .. maps.Paths],
        };
    }

    /// <summary>Reads maps alone.</summary>
    /// <param name="paths">Map files, and folders of them.</param>
    /// <param name="files">Where they are kept.</param>
    public ReadConfiguration ReadMaps(IReadOnlyList<string> paths, ISourceFiles files)
    {
        var maps = new MapLoader(drivers, files).Load(paths);
        var overloads = new List<Diagnostic>();
        foreach (var bus in maps.Buses)
        {
            if (EstimateLoad(bus) is { } load && BusLoadRules.Judge(bus, load) is { } diagnostic)
            {
                overloads.Add(diagnostic);
            }
        }

        return new ReadConfiguration { Buses = maps.Buses, Diagnostics = [.. maps.Diagnostics, .. overloads], Paths = maps.Files };
    }

    /// <summary>What polling a bus will cost; null if its driver has no estimate.</summary>
    public BusLoad? EstimateLoad(BusDefinition bus) => DriverOf(bus).EstimateLoad(bus);

    private IDriver DriverOf(BusDefinition bus) => drivers.First(driver => driver.Schema.Name == bus.DriverName);
}
