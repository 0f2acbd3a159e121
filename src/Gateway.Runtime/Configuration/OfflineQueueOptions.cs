using Gateway.Storage.Queue;

namespace Gateway.Runtime.Configuration;

/// <summary>How the offline queue behaves. Immutable.</summary>
public sealed record OfflineQueueOptions
{
    /// <summary>Room on the disk, bytes. 1,000,000 or more, default 1 GB.</summary>
    public required long MaxSizeBytes { get; init; }

    /// <summary>What stays free on its disk for others, bytes. Default 100 MB.</summary>
    public long KeepFreeBytes { get; init; } = 100_000_000;

    /// <summary>Memory for readings, bytes. 1,000,000 or more, default 16 MB.</summary>
    public int MemoryBytes { get; init; } = 16_000_000;

    /// <summary>The age at which a reading is dropped. Default 30 days.</summary>
    public required TimeSpan MaxAge { get; init; }

    /// <summary>What gives way when the queue is full. Default drop-oldest.</summary>
    public required FullPolicy Full { get; init; }

    /// <summary>How much of what was acquired a power cut may cost; zero: nothing. Default 1 s.</summary>
    public required TimeSpan MaxLoss { get; init; }

    /// <summary>In which order the backlog leaves. Default strict.</summary>
    public DrainOrder Drain { get; init; }

    /// <summary>Messages of the backlog that leave in a second at most; null: as many as go. Default null.</summary>
    public int? DrainRate { get; init; }
}
