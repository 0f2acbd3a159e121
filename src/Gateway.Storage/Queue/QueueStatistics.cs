namespace Gateway.Storage.Queue;

/// <summary>Records of one device that were lost for one reason, since the queue's file was begun.</summary>
/// <param name="Device">The device, or <see cref="GoneDevices"/>.</param>
/// <param name="Reason">Why.</param>
/// <param name="Count">How many.</param>
public readonly record struct QueueDrops(string Device, DropReason Reason, long Count)
{
    /// <summary>In place of all devices that there are no more (<see cref="OfflineQueue.SetDevices"/>), and of those that are gone with the file that knew them (<see cref="DropReason.Damaged"/>). No device is called so.</summary>
    public const string GoneDevices = "$gone";
}

/// <summary>The queue at one moment. Counts are since the start unless they say otherwise.</summary>
public sealed record QueueStatistics
{
    /// <summary>What the queue rests on.</summary>
    public required QueueHealth Health { get; init; }

    /// <summary>What is wrong, one sentence without a full stop; null if nothing is.</summary>
    public required string? Trouble { get; init; }

    /// <summary>Where the last damaged file was put; null if there was none.</summary>
    public required string? SetAside { get; init; }

    /// <summary>The number of this start.</summary>
    public required int Boot { get; init; }

    /// <summary>Records that wait for acknowledgement, on the disk and in memory. While starting, those on the disk are not counted yet.</summary>
    public required long Depth { get; init; }

    /// <summary>Records that are in memory alone; a power cut would lose them.</summary>
    public required long Unwritten { get; init; }

    /// <summary>What the file and its log take on the disk, bytes.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>What the records take of <see cref="LimitBytes"/>, bytes; those in memory alone included.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>What records may take on the disk at present, bytes.</summary>
    public required long LimitBytes { get; init; }

    /// <summary>What records take in memory, bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>What those in memory alone take there, bytes.</summary>
    public required long UnwrittenBytes { get; init; }

    /// <summary>What records may take in memory, bytes.</summary>
    public required long MemoryLimitBytes { get; init; }

    /// <summary>The acquisition time of the record that waits longest; null if none waits, or nobody knows.</summary>
    public required DateTimeOffset? OldestTime { get; init; }

    /// <summary>Records taken.</summary>
    public required long Appended { get; init; }

    /// <summary>Records acknowledged by the reader.</summary>
    public required long Acknowledged { get; init; }

    /// <summary>Records lost, for whatever reason, since the queue's file was begun.</summary>
    public required long Dropped { get; init; }

    /// <summary>Those of them that were lost before the start.</summary>
    public long DroppedBefore { get; init; }

    /// <summary>The losses by device and reason, since the queue's file was begun; a kill costs the counts of the last minute at most.</summary>
    public required IReadOnlyList<QueueDrops> Drops { get; init; }

    /// <summary>Records that are parked, of all readers.</summary>
    public long Parked { get; init; }

    /// <summary>Written to the disk, log and file, bytes.</summary>
    public required long BytesWritten { get; init; }

    /// <summary>Transactions, each with a sync.</summary>
    public required long Commits { get; init; }

    /// <summary>Before anything is known.</summary>
    internal static QueueStatistics Empty { get; } = new()
    {
        Health = QueueHealth.Starting,
        Trouble = null,
        SetAside = null,
        Boot = 0,
        Depth = 0,
        Unwritten = 0,
        DiskBytes = 0,
        UsedBytes = 0,
        LimitBytes = 0,
        MemoryBytes = 0,
        UnwrittenBytes = 0,
        MemoryLimitBytes = 0,
        OldestTime = null,
        Appended = 0,
        Acknowledged = 0,
        Dropped = 0,
        Drops = [],
        BytesWritten = 0,
        Commits = 0,
    };
}
