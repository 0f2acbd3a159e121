using Microsoft.Extensions.Logging;

namespace Gateway.Abstractions.Drivers;

/// <summary>What the gateway lends to a bus.</summary>
/// <param name="TimeProvider">The clock of every time stamp and timeout.</param>
/// <param name="Logger">Where the bus logs; the bus's name is in its scope.</param>
public sealed record DriverContext(TimeProvider TimeProvider, ILogger Logger);
