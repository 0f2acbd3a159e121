using Gateway.Storage.Sqlite;

namespace Gateway.Storage.Queue;

/// <summary>How a queue behaves. Checked once, by <see cref="OfflineQueue.OpenAsync"/>.</summary>
public sealed record QueueOptions
{
    /// <summary>The largest body, bytes.</summary>
    public const int MaxBodyLength = 1 << 22;

    private const long SmallestRoom = 500_000;

    /// <summary>Where the queue's files are; made if it is not there. Belongs to one queue.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// The uplinks that read the queue; a record stays until all have it. Without one each record is only numbered and offered to the
    /// observer, and nothing is stored; what an earlier uplink left behind stays until it expires. Default: one, strictly in order.
    /// </summary>
    public IReadOnlyList<QueueReaderOptions> Readers { get; init; } = [new("uplink")];

    /// <summary>Room on the disk, the write-ahead log included, bytes; held to within a few per cent. 1,000,000 or more, default 1 GB.</summary>
    public long MaxSizeBytes { get; init; } = 1_000_000_000;

    /// <summary>What the queue leaves free on its disk for others, bytes: with less than that it grows no further. Default 0.</summary>
    public long KeepFreeBytes { get; init; }

    /// <summary>Age, by acquisition time, beyond which a record is dropped. More than zero, default 30 days.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>What gives way when there is no room. Default drop-oldest.</summary>
    public FullPolicy WhenFull { get; init; } = FullPolicy.DropOldest;

    /// <summary>
    /// How much of what was acquired a power cut or kill may cost. Zero (<c>none</c>): a record is on the disk before anyone
    /// sees it. Otherwise a record is seen at once, and written when it is not acknowledged within half of this. 0 to 1 h, default 1 s.
    /// </summary>
    public TimeSpan MaxLoss { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Memory for records, bytes: those not yet written, all of them while the disk is in trouble, and as a cache for a reader
    /// that keeps up. A sixteenth of it is for what has no room and is still to be offered. 100,000 or more, default 16 MB.
    /// </summary>
    public int MemoryLimitBytes { get; init; } = 16_000_000;

    /// <summary>What is free on the disk, bytes.</summary>
    internal Func<long>? FreeBytes { get; init; }

    /// <summary>The number of the first boot in a folder, by the time if it is known.</summary>
    internal Func<DateTimeOffset?, int> FirstBoot { get; init; } = BootFile.First;

    /// <summary>How long the disk may take to answer before that is told (<see cref="DiskWatch"/>). After three times as long the queue goes on from memory.</summary>
    internal TimeSpan DiskPatience { get; init; } = DiskWatch.UsualPatience;

    /// <summary>Where the disk does not give what a file holds; null: nowhere.</summary>
    internal Func<string, long?> FindBadPlace { get; init; } = BadPlace.Find;

    /// <summary>The database file.</summary>
    internal string File => Path.Combine(Folder, QueueSchema.FileName);

    /// <summary>What could be read of a damaged file, as long as not all of it is there: of no use to a later start.</summary>
    internal string PartialFile => Path.Combine(Folder, "queue.part.db");

    /// <summary>All that could be read of a damaged file. It takes that file's place, by a later start if need be.</summary>
    internal string SalvagedFile => Path.Combine(Folder, QueueSchema.SalvagedFileName);

    /// <summary>Pages of the write-ahead log at which they are moved into the file.</summary>
    internal int CheckpointPages => (int)Math.Clamp(MaxSizeBytes / 16 / 4096, 16, 1000);

    /// <summary>What parked records may take, bytes.</summary>
    internal long MaxParkedBytes => MaxSizeBytes / 16;

    /// <summary>What one transaction may add, bytes.</summary>
    internal int MaxBatchBytes => (int)Math.Min(1_000_000, MaxSizeBytes / 8);

    /// <summary>What is left for records beside the log, bytes.</summary>
    internal long MaxRecordBytes => MaxSizeBytes - LogBytes;

    /// <summary>What the log takes, which holds a transaction more than its bound, bytes.</summary>
    private long LogBytes => (CheckpointPages * 4120L) + (2 * MaxBatchBytes);

    /// <summary>
    /// What records may take when the file has so many pages now, free ones too, bytes: those are the queue's already, and what leaves it makes
    /// no more room on the disk, so with less free than is to be kept it is these. Never less than the smallest queue has.
    /// </summary>
    internal long GetRecordLimit(long pageBytes)
    {
        if (KeepFreeBytes == 0)
        {
            return MaxRecordBytes;
        }

        return Math.Clamp(pageBytes + Math.Max(0, GetFreeBytes() - KeepFreeBytes), SmallestRoom, MaxRecordBytes);
    }

    /// <summary>What records of a damaged file may take in the new one, bytes: both files are on the disk then, which may not become full by that.</summary>
    internal long GetSalvageLimit() => Math.Min(SqliteFile.Measure(PartialFile) + GetFreeBytes() - KeepFreeBytes - LogBytes, MaxRecordBytes);

    /// <summary>Whether it is worth while to begin a new file for so many bytes, which need not all fit.</summary>
    internal bool HasRoomToSalvage(long bytes) => GetSalvageLimit() >= Math.Min(bytes, SmallestRoom);

    private long GetFreeBytes() => FreeBytes is null ? new DriveInfo(Path.GetFullPath(Folder)).AvailableFreeSpace : FreeBytes();

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSizeBytes, 1_000_000);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MaxAge, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxLoss, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxLoss, TimeSpan.FromHours(1));
        ArgumentOutOfRangeException.ThrowIfNegative(KeepFreeBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(MemoryLimitBytes, 100_000);
        ArgumentOutOfRangeException.ThrowIfNotEqual(Readers.Select(reader => reader.Name).Distinct().Count(), Readers.Count, nameof(Readers));
    }
}
