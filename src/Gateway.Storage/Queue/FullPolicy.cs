namespace Gateway.Storage.Queue;

/// <summary>What gives way when the queue has reached its bounds. Each loss is counted by device.</summary>
public enum FullPolicy
{
    /// <summary>The oldest records are dropped.</summary>
    DropOldest,

    /// <summary>The new record is not queued; it is still offered to the observer.</summary>
    DropNewest,

    /// <summary>The new record is refused: <see cref="AppendOutcome.Refused"/>, and nobody is offered it.</summary>
    Block,
}
