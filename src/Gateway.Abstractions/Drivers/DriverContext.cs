using Microsoft.Extensions.Logging;

namespace Gateway.Abstractions.Drivers;

/// <summary>What the gateway lends to a bus.</summary>
/// <param name="TimeProvider">The clock of every time stamp and timeout.</param>
/// <param name="Logger">Where the bus logs.</param>
public sealed record DriverContext(TimeProvider TimeProvider, ILogger Logger)
{
    /// <summary>Takes what goes wrong, for the bus's statistics.</summary>
    public ErrorCounts Errors { get; init; } = new();
}
