namespace Gateway.Abstractions.Drivers;

/// <summary>Where it lies that a write was not done.</summary>
public enum WriteFailure : byte
{
    /// <summary>With the value, or with the device, which refused it or took it for another.</summary>
    Refused,

    /// <summary>With the device, which gave no answer; the value may have been written all the same.</summary>
    NoAnswer,

    /// <summary>With the bus: no device on it can be reached.</summary>
    BusFailed,

    /// <summary>With others who write, or with the device, which is busy: it may be tried again later.</summary>
    Busy,
}

/// <summary>The outcome of a write.</summary>
/// <param name="Error">Why it was not done, one sentence; null if it was.</param>
public readonly record struct WriteOutcome(string? Error)
{
    /// <summary>Where it lies that it was not done. Default: with the value or the device.</summary>
    public WriteFailure Failure { get; init; }

    /// <summary>Written.</summary>
    public static WriteOutcome Done => default;

    /// <summary>Whether it was written.</summary>
    public bool Succeeded => Error is null;
}
