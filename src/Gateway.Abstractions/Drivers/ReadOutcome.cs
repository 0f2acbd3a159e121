namespace Gateway.Abstractions.Drivers;

/// <summary>How far a read came.</summary>
public enum ReadStatus : byte
{
    /// <summary>The device answered, if only to refuse some points.</summary>
    Answered,

    /// <summary>The device did not answer, or not in a form that can be understood.</summary>
    NoAnswer,

    /// <summary>The bus itself failed: no device on it can be reached.</summary>
    BusFailed,

    /// <summary>The device speaks by itself, has not done so yet and may still do so in time: nothing is known of it.</summary>
    Listening,
}

/// <summary>The outcome of a read, for the schedule and the device's state. The values went to the sink.</summary>
/// <param name="Status">How far the read came.</param>
/// <param name="Reason">Why not further, a short lower-case term such as <c>timeout</c>; null if it answered.</param>
public readonly record struct ReadOutcome(ReadStatus Status, string? Reason)
{
    /// <summary>The device answered.</summary>
    public static ReadOutcome Answered => default;
}
