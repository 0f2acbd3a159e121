namespace Gateway.Storage.Queue;

/// <summary>
/// One queued message: of a point, or of a whole device. Immutable. <see cref="Boot"/> and <see cref="Sequence"/>
/// are its key for ever; <see cref="Position"/> is its place in this queue.
/// </summary>
public sealed record QueueRecord
{
    /// <summary>Order in the queue: greater means appended later, over restarts too.</summary>
    public required long Position { get; init; }

    /// <summary>Which start of the gateway acquired it, from 1; no two starts have the same, those of a folder that was lost included.</summary>
    public required int Boot { get; init; }

    /// <summary>Number within the boot, from 1. Has gaps where a record was dropped.</summary>
    public required long Sequence { get; init; }

    /// <summary>When it was acquired, UTC, to the microsecond. Corrected on its way out, if the clock was not synchronised then and is now.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The device it is of.</summary>
    public required string Device { get; init; }

    /// <summary>The point it is of; empty for a message of the whole device.</summary>
    public required string Point { get; init; }

    /// <summary>Whether the clock was not synchronised at the acquisition, so that <see cref="Time"/> cannot be believed.</summary>
    public bool IsUnsynchronised { get; init; }

    /// <summary>When it was acquired, since the machine's start; null if that was before the last one, or nobody knows.</summary>
    public TimeSpan? Uptime { get; init; }

    /// <summary>Whether it overtakes what is not.</summary>
    public bool IsUrgent { get; init; }

    /// <summary>Whether it had waited when the reader's connection began; told by a reader of <see cref="DrainOrder.LiveFirst"/>.</summary>
    public bool IsBacklog { get; init; }

    /// <summary>What the publisher needs to make the message; the queue does not look into it. Never changes.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>What the record costs in memory, bytes: the body and a generous guess at the objects around it.</summary>
    internal int MemoryCost => Body.Length + 200;

    /// <summary>What the record costs on the disk, bytes: the body, its columns and its share of half-filled pages.</summary>
    internal int DiskCost => Body.Length + 48;
}
