namespace Gateway.Abstractions.Drivers;

/// <summary>What became of another master's request.</summary>
public enum RelayStatus
{
    /// <summary>The device answered, if only to refuse.</summary>
    Answered,

    /// <summary>The device gave no valid answer.</summary>
    NoAnswer,

    /// <summary>The request has no turn now: others wait already, or the bus's own devices would suffer.</summary>
    Busy,

    /// <summary>The bus is not there, or carries no requests of others.</summary>
    BusFailed,
}

/// <summary>What became of another master's request.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Length">How many bytes the answer has; 0 unless there is one.</param>
public readonly record struct RelayOutcome(RelayStatus Status, int Length = 0);
