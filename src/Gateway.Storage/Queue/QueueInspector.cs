using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Queue;

/// <summary>What waits in a queue's file for one device.</summary>
/// <param name="Device">The device.</param>
/// <param name="Records">How many records.</param>
/// <param name="OldestTime">When the oldest was acquired.</param>
/// <param name="NewestTime">When the newest was acquired.</param>
public sealed record QueuedDevice(string Device, long Records, DateTimeOffset OldestTime, DateTimeOffset NewestTime);

/// <summary>A queue's file as it lies on the disk.</summary>
/// <param name="Records">How many records wait; a running gateway may hold more in memory.</param>
/// <param name="DiskBytes">What the file and its log take, bytes.</param>
/// <param name="Boot">The number of the gateway's last start.</param>
/// <param name="Devices">What waits by device, in order of their names.</param>
public sealed record QueueInspection(long Records, long DiskBytes, int Boot, IReadOnlyList<QueuedDevice> Devices)
{
    /// <summary>How many are parked.</summary>
    public long Parked { get; init; }

    /// <summary>What was lost, by device and reason.</summary>
    public IReadOnlyList<QueueDrops> Drops { get; init; } = [];

    /// <summary>When the oldest record was acquired; null if none waits.</summary>
    public DateTimeOffset? OldestTime => Devices.Count == 0 ? null : Devices.Min(device => device.OldestTime);
}

/// <summary>Looks into a queue's file without changing it, beside a running gateway or without one.</summary>
public static class QueueInspector
{
    private const int PageRecords = 500;

    /// <summary>
    /// The records of a file that are parked, in the order of parking. Null if there is no queue.
    /// Throws <see cref="StorageException"/> if the file cannot be read, with the reason.
    /// </summary>
    /// <param name="folder">The queue's folder, <see cref="QueueOptions.Folder"/>.</param>
    public static IReadOnlyList<ParkedRecord>? ListParked(string folder)
    {
        var path = Path.Combine(folder, QueueSchema.FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var connection = SqliteFile.OpenReadOnly(path, QueueSchema.Migrations);
            if (SqliteFile.ReadVersion(connection) < QueueSchema.ParkedSince)
            {
                return [];
            }

            using var table = new ParkedTable(connection, long.MaxValue);
            return table.Read(0, ParkedRecord.MaxRecords);
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            throw exception as StorageException ?? new StorageException(DiskTrouble.Describe(exception, path), exception);
        }
    }

    /// <summary>
    /// Reads the whole file, so takes seconds for a large one. Null if there is no queue.
    /// Throws <see cref="StorageException"/> if the file cannot be read, with the reason.
    /// </summary>
    /// <param name="folder">The queue's folder, <see cref="QueueOptions.Folder"/>.</param>
    public static QueueInspection? Inspect(string folder)
    {
        var path = Path.Combine(folder, QueueSchema.FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var connection = SqliteFile.OpenReadOnly(path, QueueSchema.Migrations);
            var devices = new List<QueuedDevice>();
            var (time, join) = SqliteFile.ReadVersion(connection) >= QueueSchema.BootsSince
                ? (QueueSchema.Time, "LEFT JOIN boot ON boot.boot = record.boot")
                : ("time", "");
            using (var all = new Statement(connection, $"SELECT device, count(*), min({time}), max({time}) FROM record JOIN point ON point.id = record.point {join} GROUP BY device ORDER BY device"))
            {
                while (all.Step())
                {
                    devices.Add(new QueuedDevice(all.GetText(0), all.GetInt64(1), Microseconds.ToTime(all.GetInt64(2)), Microseconds.ToTime(all.GetInt64(3))));
                }
            }

            using var boot = new Statement(connection, "SELECT value FROM meta WHERE key = 'boot'");
            var bytes = new[] { path, path + "-wal" }.Where(File.Exists).Sum(file => new FileInfo(file).Length);
            return new QueueInspection(devices.Sum(device => device.Records), bytes, (int)(boot.RunForNumber() ?? 0), devices)
            {
                Parked = CountParked(connection),
                Drops = DropTable.Load(connection, SqliteFile.ReadVersion(connection)),
            };
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            throw exception as StorageException ?? new StorageException(DiskTrouble.Describe(exception, path), exception);
        }
    }

    /// <summary>
    /// Hands over the records of a file in their order, those that were there when it began and are still there when it comes to them. False if
    /// there is no queue. Between pages of them the file is nobody's, so that its log does not grow however slowly they are taken. Throws <see cref="StorageException"/> if the file cannot be read, with the reason.
    /// </summary>
    /// <param name="folder">The queue's folder, <see cref="QueueOptions.Folder"/>.</param>
    /// <param name="take">Takes each.</param>
    public static bool ReadAll(string folder, Action<QueueRecord> take)
    {
        ArgumentNullException.ThrowIfNull(take);
        var path = Path.Combine(folder, QueueSchema.FileName);
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            using var connection = SqliteFile.OpenReadOnly(path, QueueSchema.Migrations);
            var (columns, join) = SqliteFile.ReadVersion(connection) >= QueueSchema.BootsSince
                ? ($"{QueueSchema.Time}, unsynchronised = 1 AND boot.offset IS NULL", "LEFT JOIN boot ON boot.boot = record.boot")
                : ("time, 0", "");
            using var last = new Statement(connection, "SELECT max(position) FROM record");
            var through = last.RunForNumber() ?? 0;
            using var page = new Statement(
                connection,
                $"SELECT position, record.boot, sequence, device, name, body, {columns} FROM record JOIN point ON point.id = record.point {join} WHERE position > ? AND position <= ? ORDER BY position LIMIT {PageRecords}");
            for (var records = ReadPage(page, 0, through); records.Count > 0; records = ReadPage(page, records[^1].Position, through))
            {
                records.ForEach(take);
            }

            return true;
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            throw exception as StorageException ?? new StorageException(DiskTrouble.Describe(exception, path), exception);
        }
    }

    /// <summary>
    /// Deletes a queue's records, parked ones too; the number of the last start stays. No gateway may be running on it.
    /// Throws <see cref="StorageException"/> if that cannot be done, with the reason.
    /// </summary>
    /// <param name="folder">The queue's folder, <see cref="QueueOptions.Folder"/>.</param>
    public static void Delete(string folder)
    {
        var path = Path.Combine(folder, QueueSchema.FileName);
        try
        {
            // The log first: without its database it would be taken for that of the next one.
            foreach (var file in new[] { Path.Combine(folder, QueueSchema.SalvagedFileName), path + "-wal", path + "-shm", path })
            {
                File.Delete(file);
            }
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            throw new StorageException(DiskTrouble.Describe(exception, path), exception);
        }
    }

    private static List<QueueRecord> ReadPage(Statement page, long after, long through)
    {
        var records = new List<QueueRecord>();
        page.Bind(1, after).Bind(2, through);
        while (page.Step())
        {
            records.Add(new QueueRecord
            {
                Position = page.GetInt64(0),
                Boot = (int)page.GetInt64(1),
                Sequence = page.GetInt64(2),
                Device = page.GetText(3),
                Point = page.GetText(4),
                Body = page.GetBlob(5).ToArray(),
                Time = Microseconds.ToTime(page.GetInt64(6)),
                IsUnsynchronised = page.GetInt64(7) != 0,
            });
        }

        page.Reset();
        return records;
    }

    private static long CountParked(SqliteConnection connection)
    {
        if (SqliteFile.ReadVersion(connection) < QueueSchema.ParkedSince)
        {
            return 0;
        }

        using var count = new Statement(connection, "SELECT count(*) FROM parked");
        return count.RunForNumber() ?? 0;
    }
}
