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
        var configuration = new ConfigurationLoader(files).Load(configurationPath);
        var (options, diagnostics) = configuration;
        var maps = ReadMaps(configuration.DeviceMaps, files);
        IReadOnlyList<string> paths = [configurationPath, .. configuration.DeviceMaps, .. maps.Paths];
        if (options is null)
        {
            // What is wrong in the maps shows all the same.
            return new ReadConfiguration { Diagnostics = [.. diagnostics, .. maps.Diagnostics], Faults = maps.Faults, Paths = paths, Web = configuration.Web };
        }

        var served = maps.IsValid ? ServeRules.Check(options, maps.Buses, bus => DriverOf(bus).PortOf(bus.Settings), files) : [];
        return maps with
        {
            Options = options,
            Web = options.Web,
            Diagnostics = [.. diagnostics, .. served, .. maps.Diagnostics, .. maps.IsValid ? UplinkRules.Check(options, maps.Buses) : []],
            Paths = paths,
        };
    }

    /// <summary>Reads maps alone.</summary>
    /// <param name="paths">Map files, and folders of them.</param>
    /// <param name="files">Where they are kept.</param>
    public ReadConfiguration ReadMaps(IReadOnlyList<string> paths, ISourceFiles files)
    {
        var maps = new MapLoader(drivers, files).Load(paths);
        var doubts = new List<Diagnostic>();
        var faults = new List<Exception>(maps.Faults);
        foreach (var bus in maps.Buses)
        {
            var load = EstimateLoad(bus, out var fault);
            if (fault is not null)
            {
                faults.Add(fault);
                doubts.Add(Diagnostic.Warning(bus.Location, $"{DriverFault.Describe(DriverOf(bus), fault)}; the load of {bus.Name} is not known"));
            }
            else if (load is not null && BusLoadRules.Judge(bus, load) is { } overload)
            {
                doubts.Add(overload);
            }
        }

        return new ReadConfiguration { Buses = maps.Buses, Diagnostics = [.. maps.Diagnostics, .. doubts], Faults = faults, Paths = maps.Files };
    }

    /// <summary>What polling a bus will cost; null if its driver has no estimate.</summary>
    public BusLoad? EstimateLoad(BusDefinition bus) => EstimateLoad(bus, out _);

    // The bus runs as well without an estimate.
    private BusLoad? EstimateLoad(BusDefinition bus, out Exception? fault)
    {
        fault = null;
        try
        {
            return DriverOf(bus).EstimateLoad(bus);
        }
#pragma warning disable CA1031 // Whatever somebody else's driver throws, it concerns its bus only.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            fault = exception;
            return null;
        }
    }

    private IDriver DriverOf(BusDefinition bus) => drivers.First(driver => driver.Schema.Name == bus.DriverName);
}
