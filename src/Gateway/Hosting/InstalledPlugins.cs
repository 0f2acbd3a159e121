using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers;
using Gateway.Drivers.Plugins;

namespace Gateway.Hosting;

/// <summary>The plug-ins of this machine, loaded once, and the drivers that the gateway has with them. Thread-safe.</summary>
internal static class InstalledPlugins
{
    /// <summary>Names other folders, joined by colons, while a plug-in is being written.</summary>
    public const string Variable = "GATEWAY_PLUGINS";

    private const string OfTheMachine = "/usr/local/lib/gateway/plugins";

    private static readonly Lazy<LoadedPlugins> Loaded = new(() => PluginLoader.Load(Folders(), DriverCatalog.Create(), new MachineHardware()));

    /// <summary>What they brought.</summary>
    public static LoadedPlugins All => Loaded.Value;

    /// <summary>One of each driver, those of plug-ins included.</summary>
    /// <param name="openGpioChip">Opens the chip of a GPIO bus in place of the kernel's.</param>
    public static IReadOnlyList<IDriver> CreateDrivers(Func<BusDefinition, DriverContext, IGpioChip>? openGpioChip = null) =>
        [.. DriverCatalog.Create(openGpioChip, transports: All.Transports), .. All.Drivers];

    private static string[] Folders() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
        ? named.Split(':', StringSplitOptions.RemoveEmptyEntries)
        : [Path.Combine(AppContext.BaseDirectory, "plugins"), OfTheMachine];
}
