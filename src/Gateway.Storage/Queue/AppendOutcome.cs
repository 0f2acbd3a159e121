namespace Gateway.Storage.Queue;

/// <summary>What became of an appended record.</summary>
public enum AppendOutcome
{
    /// <summary>Queued, or only offered where the queue has no reader.</summary>
    Taken,

    /// <summary>Not queued, for want of room; counted. The uplink will not see it.</summary>
    Dropped,

    /// <summary>Refused by <see cref="FullPolicy.Block"/>; counted. It got no sequence number and nobody will see it.</summary>
    Refused,
}
