using Microsoft.Extensions.Logging;

namespace Gateway.Abstractions.Drivers;

/// <summary>What the gateway lends to a bus.</summary>
/// <param name="TimeProvider">The clock of every time stamp and timeout.</param>
/// <param name="Logger">Where the bus logs.</param>
public sealed record DriverContext(TimeProvider TimeProvider, ILogger Logger)
{
    /// <summary>Takes what goes wrong, for the bus's statistics.</summary>
    public ErrorCounts Errors { get; init; } = new();

    /// <summary>
    /// What the bus's points keep over restarts. Null where the bus is opened for one command rather than by the service: then a bus
    /// leaves outputs as it finds them, but for what is written.
    /// </summary>
    public IPointMemory? Memory { get; init; }

    /// <summary>How long the uplink has been away; zero while it stands, and where there is none. Thread-safe. Default always zero.</summary>
    public Func<TimeSpan> UplinkAbsence { get; init; } = static () => TimeSpan.Zero;

    /// <summary>
    /// Takes that the call in progress goes on, and how long its next step may take: before each of several requests of a call, where a device that is
    /// dead costs a timeout with each. A call, or a step, that takes a minute longer than that counts as hung, and the service is started
    /// again. Thread-safe. Default: nobody asks.
    /// </summary>
    public Action<TimeSpan> Progress { get; init; } = static _ => { };
}
