namespace Gateway.Runtime.Polling;

/// <summary>When a bus is polled, and when a device or bus that failed is asked again.</summary>
public sealed record PollOptions
{
    /// <summary>
    /// Which share of the time between two of its devices' reads the bus is set off by, 0 to 1, so that buses of one rate
    /// don't come due at once. Default 0.
    /// </summary>
    public double Phase { get; init; }

    /// <summary>Wait after a device's first failure, unless its map says <c>retry-after</c>; doubles with each further one. Default 0.5 s.</summary>
    public TimeSpan DeviceRetryMinimum { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait for a silent device, unless its map says <c>max-retry-after</c> or it is polled more rarely anyway. Default 60 s.</summary>
    public TimeSpan DeviceRetryMaximum { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Wait after a bus's first failure; doubles with each further one. Default 0.5 s.</summary>
    public TimeSpan BusRetryMinimum { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait for a failed bus: short, since it has no neighbours to protect and a pulled adapter comes back any time. Default 2 s.</summary>
    public TimeSpan BusRetryMaximum { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A read or write, or a step of one, that takes so much longer than it may hangs, and the service is not healthy. Default 60 s.</summary>
    public TimeSpan HangLimit { get; init; } = TimeSpan.FromSeconds(60);
}
