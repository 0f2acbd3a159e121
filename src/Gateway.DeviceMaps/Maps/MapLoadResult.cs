using Gateway.Abstractions.Definitions;

namespace Gateway.DeviceMaps.Maps;

/// <summary>What maps say. Immutable.</summary>
/// <param name="Buses">The buses, in the order of the files and their documents; none at all if anything is wrong.</param>
/// <param name="Diagnostics">All findings, by file, line and column.</param>
/// <param name="Files">The maps, the profiles and the files that they name, read or looked for: what to watch, and what to copy.</param>
public sealed record MapLoadResult(IReadOnlyList<BusDefinition> Buses, IReadOnlyList<Diagnostic> Diagnostics, IReadOnlyList<string> Files)
{
    /// <summary>What drivers threw, each of which is an error of <see cref="Diagnostics"/> too.</summary>
    public IReadOnlyList<Exception> Faults { get; init; } = [];

    /// <summary>Whether anything is wrong, beyond warnings.</summary>
    public bool HasErrors => Diagnostics.Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
}
