using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Plugins;

namespace Gateway.Drivers.Plugins;

/// <summary>What the plug-ins brought. Immutable.</summary>
/// <param name="Drivers">Their drivers; no two of a name, and none of the name of one that ships with the gateway.</param>
/// <param name="Transports">Their transports; no two of a name.</param>
/// <param name="Extensions">What they add to the host.</param>
/// <param name="Faults">Why a plug-in, or something of it, was not loaded: one sentence each, which begins with the path.</param>
public sealed record LoadedPlugins(
    IReadOnlyList<IDriver> Drivers,
    IReadOnlyList<ITransport> Transports,
    IReadOnlyList<IHostExtension> Extensions,
    IReadOnlyList<string> Faults);
