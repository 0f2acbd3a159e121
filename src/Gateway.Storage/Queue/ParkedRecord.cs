namespace Gateway.Storage.Queue;

/// <summary>A record that one reader's uplink does not take, set aside so that it holds up nothing. Immutable.</summary>
/// <param name="Reader">The reader.</param>
/// <param name="Reason">Why, in a few words.</param>
/// <param name="Record">The record; its position is of no meaning.</param>
public sealed record ParkedRecord(string Reader, string Reason, QueueRecord Record)
{
    /// <summary>Records that are kept at most.</summary>
    public const int MaxRecords = 1000;

    /// <summary>Its number in the file, in the order of parking; 0 before it is there.</summary>
    internal long Id { get; init; }
}
