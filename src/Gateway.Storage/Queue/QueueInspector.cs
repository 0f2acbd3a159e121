using Gateway.Storage.Sqlite;

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
    /// <summary>When the oldest record was acquired; null if none waits.</summary>
    public DateTimeOffset? OldestTime => Devices.Count == 0 ? null : Devices.Min(device => device.OldestTime);
}

/// <summary>Looks into a queue's file without changing it, beside a running gateway or without one.</summary>
public static class QueueInspector
{
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
            using (var all = new Statement(connection, "SELECT device, count(*), min(time), max(time) FROM record JOIN point ON point.id = record.point GROUP BY device ORDER BY device"))
            {
                while (all.Step())
                {
                    devices.Add(new QueuedDevice(all.GetText(0), all.GetInt64(1), Microseconds.ToTime(all.GetInt64(2)), Microseconds.ToTime(all.GetInt64(3))));
                }
            }

            using var boot = new Statement(connection, "SELECT value FROM meta WHERE key = 'boot'");
            var bytes = new[] { path, path + "-wal" }.Where(File.Exists).Sum(file => new FileInfo(file).Length);
            return new QueueInspection(devices.Sum(device => device.Records), bytes, (int)(boot.RunForNumber() ?? 0), devices);
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            throw exception as StorageException ?? new StorageException(DiskTrouble.Describe(exception, path), exception);
        }
    }
}
