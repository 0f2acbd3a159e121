using Gateway.Hosting;
using Gateway.Runtime;

namespace Gateway.Commands.Doctor;

/// <summary>The gateway and the machine that are looked at. Immutable.</summary>
internal sealed record Patient
{
    /// <summary>The configuration's file.</summary>
    public required string ConfigurationPath { get; init; }

    /// <summary>The data folder.</summary>
    public required string DataFolder { get; init; }

    /// <summary>What configuration and maps say.</summary>
    public required ReadConfiguration Configuration { get; init; }

    /// <summary>The files that the configuration names, absolute.</summary>
    public IReadOnlyCollection<string> Files { get; init; } = [];

    /// <summary>What the running service says of itself; null: none runs, or it may not be asked.</summary>
    public GatewayStatus? Status { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider TimeProvider { get; init; }

    /// <summary>Where the machine's files begin.</summary>
    public string Root { get; init; } = "/";

    /// <summary>A file of the machine.</summary>
    public string At(string path) => Path.Combine(Root, path.TrimStart('/'));
}
