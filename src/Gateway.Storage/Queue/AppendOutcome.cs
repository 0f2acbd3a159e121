namespace Gateway.Storage.Queue;

/// <summary>What became of an appended record.</summary>
public enum AppendOutcome
{
    /// <summary>Queued, or only offered where the queue has no reader.</summary>
    Taken,

    /// <summary>Not queued, for want of room; counted. The observer sees it, the uplink will not.</summary>
    Dropped,

    /// <summary>As <see cref="Dropped"/>, by <see cref="FullPolicy.Block"/>.</summary>
    Refused,
}
