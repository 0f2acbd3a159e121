namespace Gateway.Storage.Queue;

/// <summary>What gives way when the queue has reached its bounds. Each loss is counted by device.</summary>
public enum FullPolicy
{
    /// <summary>The oldest records are dropped.</summary>
    DropOldest,

    /// <summary>The new record is not queued; it is still offered to the observer.</summary>
    DropNewest,

    /// <summary>
    /// Of the older half of the records every second of each point is dropped, the oldest first and, when that is not enough, once more; urgent
    /// ones are spared, and each point keeps its first. Where that makes too little room, as with fewer records than twice the points, the oldest go. What is in memory alone, for want of a disk, gives way alike; there, too, urgent ones go last.
    /// </summary>
    ThinOut,

    /// <summary>Nothing gives way: the new record is refused, which is counted apart, and offered to the observer as with <see cref="DropNewest"/>.</summary>
    Block,
}
