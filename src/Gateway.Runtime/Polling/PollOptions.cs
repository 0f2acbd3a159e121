namespace Gateway.Runtime.Polling;

/// <summary>When a device or bus that failed is asked again.</summary>
public sealed record PollOptions
{
    /// <summary>Wait after a device's first failure; doubles with each further one. Default 0.5 s.</summary>
    public TimeSpan DeviceRetryMinimum { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait for a silent device, unless it is polled more rarely anyway. Default 60 s.</summary>
    public TimeSpan DeviceRetryMaximum { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Wait after a bus's first failure; doubles with each further one. Default 0.5 s.</summary>
    public TimeSpan BusRetryMinimum { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait for a failed bus: short, since it has no neighbours to protect and a pulled adapter comes back any time. Default 2 s.</summary>
    public TimeSpan BusRetryMaximum { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A read or write that takes longer than this hangs, and the service is not healthy. Default 60 s.</summary>
    public TimeSpan HangLimit { get; init; } = TimeSpan.FromSeconds(60);
}
