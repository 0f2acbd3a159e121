using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Configuration;

namespace Gateway.Hosting;

/// <summary>What configuration and maps say together. Immutable.</summary>
internal sealed record ReadConfiguration
{
    /// <summary>The options; null if the configuration is not valid, or maps alone were read.</summary>
    public GatewayOptions? Options { get; init; }

    /// <summary>What is said of the page, which can be had though the rest is not valid; null if that is not either.</summary>
    public WebOptions? Web { get; init; }

    /// <summary>The buses; none if a map is not valid.</summary>
    public IReadOnlyList<BusDefinition> Buses { get; init; } = [];

    /// <summary>All findings, by file, line and column, without the secrets that they may quote: they go to the log, the status and the page.</summary>
    public required IReadOnlyList<Diagnostic> Diagnostics
    {
        get;
        init => field = [.. value.Select(finding => finding with { Message = SecretText.BlankQuoted(finding.Message) })];
    }

    /// <summary>What drivers threw, for the log: findings tell it too.</summary>
    public IReadOnlyList<Exception> Faults { get; init; } = [];

    /// <summary>The files and folders that were read or looked for.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>Whether it can be used.</summary>
    public bool IsValid => Diagnostics.All(diagnostic => diagnostic.Severity != DiagnosticSeverity.Error);
}
