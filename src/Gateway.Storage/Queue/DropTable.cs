using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Queue;

/// <summary>The counts of what was lost in the queue's file. Belongs to the thread of its connection; every member throws what <see cref="DiskTrouble"/> knows.</summary>
internal sealed class DropTable : IDisposable
{
    private readonly Statement _save, _delete;

    public DropTable(SqliteConnection connection)
    {
        _save = new Statement(connection, "INSERT OR REPLACE INTO dropped (reason, device, count) VALUES (?, ?, ?)");
        _delete = new Statement(connection, "DELETE FROM dropped WHERE reason = ? AND device = ?");
    }

    /// <summary>Writes counts in place of those of before; one of 0 goes.</summary>
    public void Save(IEnumerable<QueueDrops> drops)
    {
        foreach (var (device, reason, count) in drops)
        {
            if (count == 0)
            {
                _delete.Bind(1, (int)reason).Bind(2, device).Run();
            }
            else
            {
                _save.Bind(1, (int)reason).Bind(2, device).Bind(3, count).Run();
            }
        }
    }

    /// <summary>The counts in a file of a version.</summary>
    public static List<QueueDrops> Load(SqliteConnection connection, int version)
    {
        List<QueueDrops> drops = [];
        if (version >= QueueSchema.DroppedSince)
        {
            using var all = new Statement(connection, "SELECT reason, device, count FROM dropped");
            while (all.Step())
            {
                if (ToDrops(all.GetInt64(0), all.GetText(1), all.GetInt64(2)) is { } row)
                {
                    drops.Add(row);
                }
            }
        }

        return drops;
    }

    /// <summary>A row as it stands in the file; null if there is no such reason or count.</summary>
    public static QueueDrops? ToDrops(long reason, string device, long count) =>
        reason is >= 0 and <= (int)DropReason.Damaged && count is > 0 and < QueueStore.ImpossiblePosition ? new QueueDrops(device, (DropReason)reason, count) : null;

    public void Dispose()
    {
        _save.Dispose();
        _delete.Dispose();
    }
}
