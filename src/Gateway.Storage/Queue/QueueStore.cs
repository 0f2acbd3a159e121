using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Storage.Queue;

/// <summary>A record that a statement removed from the file.</summary>
internal readonly record struct RemovedRecord(long Position, string Device);

/// <summary>
/// The queue's file: rows in, pages of rows out. Knows nothing of threads, readers or policies; belongs to the writer's thread.
/// Every member throws what <see cref="DiskTrouble"/> knows.
/// </summary>
internal sealed class QueueStore : IDisposable
{
    private const int PageSize = 4096;
    private const int FrameSize = PageSize + 24; // of the write-ahead log
    private const int PagesWrittenStatus = 9; // SQLITE_DBSTATUS_CACHE_WRITE

    private readonly SqliteConnection _connection;
    private readonly List<Statement> _statements = [];
    private readonly Statement _begin, _commit, _rollback, _insert, _insertPoint, _read, _readUrgent, _count, _forgetAcknowledged, _saveAcknowledged, _deleteThrough, _deleteRange, _dropOldest, _expire, _thinOut, _nth, _last, _first, _pages, _freePages, _checkpoint, _setMeta;
    private readonly Dictionary<(string Device, string Point), long> _pointIds = [];
    private readonly Dictionary<long, (string Device, string Point)> _points = [];
    private readonly int _checkpointPages;
    private int _logPages;

    private QueueStore(SqliteConnection connection, bool isNew, int checkpointPages)
    {
        _connection = connection;
        _checkpointPages = checkpointPages;
        IsNew = isNew;
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _rollback = Prepare("ROLLBACK");
        _insert = Prepare("INSERT INTO record (position, boot, sequence, time, point, body, urgent) VALUES (?, ?, ?, ?, ?, ?, ?)");
        _insertPoint = Prepare("INSERT INTO point (device, name) VALUES (?, ?) RETURNING id");
        _read = Prepare("SELECT position, boot, sequence, time, point, body, urgent FROM record WHERE position > ? AND position <= ? ORDER BY position LIMIT ?");
        _readUrgent = Prepare(
            """
            SELECT position, boot, sequence, time, point, body, urgent FROM record INDEXED BY urgent_record
            WHERE urgent = 1 AND position > ? AND position <= ? ORDER BY position LIMIT ?
            """);
        _count = Prepare("SELECT count(*) FROM record WHERE position > ? AND position <= ?");
        _forgetAcknowledged = Prepare("DELETE FROM acknowledged");
        _saveAcknowledged = Prepare("INSERT INTO acknowledged (reader, first, last) VALUES (?, ?, ?)");
        _deleteThrough = Prepare("DELETE FROM record WHERE position <= ?");
        _deleteRange = Prepare("DELETE FROM record WHERE position BETWEEN ? AND ?");
        _dropOldest = Prepare("DELETE FROM record WHERE position IN (SELECT position FROM record ORDER BY position LIMIT ?) RETURNING position, point");
        _expire = Prepare(
            """
            WITH oldest AS (SELECT position, time FROM record ORDER BY position LIMIT ?1)
            DELETE FROM record WHERE position IN (SELECT position FROM oldest)
                AND position < coalesce((SELECT min(position) FROM oldest WHERE time >= ?2), 9223372036854775807)
            RETURNING position, point
            """);
        _thinOut = Prepare(
            """
            WITH numbered AS (
                SELECT position, row_number() OVER (PARTITION BY point ORDER BY position) AS number FROM record
                WHERE position > ?1 AND position <= ?2 AND urgent = 0)
            DELETE FROM record WHERE position IN (SELECT position FROM numbered WHERE number % 2 = 0)
            RETURNING position, point
            """);
        _nth = Prepare("SELECT position FROM record WHERE position > ? ORDER BY position LIMIT 1 OFFSET ?");
        _last = Prepare("SELECT max(position) FROM record");
        _first = Prepare("SELECT position, time FROM record WHERE position > ? ORDER BY position LIMIT 1");
        _pages = Prepare("PRAGMA page_count");
        _freePages = Prepare("PRAGMA freelist_count");
        _checkpoint = Prepare("PRAGMA wal_checkpoint(PASSIVE)");
        _setMeta = Prepare("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
        LastBoot = (int)(Ask("SELECT value FROM meta WHERE key = 'boot'") ?? 0);
        LastPosition = Ask("SELECT max(position) FROM record") ?? 0;
        LastRecordBoot = (int)(Ask("SELECT boot FROM record ORDER BY position DESC LIMIT 1") ?? 0);
        LastUrgentPosition = Ask("SELECT max(position) FROM record INDEXED BY urgent_record WHERE urgent = 1") ?? 0;
        HighestPosition = Math.Max(LastPosition, Ask("SELECT value FROM meta WHERE key = 'position'") ?? 0);
        LoadPoints();
        LoadAcknowledged();
    }

    /// <summary>Whether the file was made by this opening.</summary>
    public bool IsNew { get; }

    /// <summary>The boot number last written to the file, 0 if none was. As of the opening.</summary>
    public int LastBoot { get; }

    /// <summary>The position of the last record, 0 if there is none. As of the opening.</summary>
    public long LastPosition { get; }

    /// <summary>The position of the last urgent record, 0 if there is none. As of the opening.</summary>
    public long LastUrgentPosition { get; }

    /// <summary>What readers that share the queue have acknowledged of it. As of the opening.</summary>
    public Dictionary<string, List<(long From, long To)>> Acknowledged { get; } = [];

    /// <summary>The boot of the last record, 0 if there is none. As of the opening.</summary>
    public int LastRecordBoot { get; }

    /// <summary>A position that no record of earlier boots exceeds. As of the opening.</summary>
    public long HighestPosition { get; }

    /// <summary>Written to the disk since the opening, log and file, bytes.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Transactions committed since the opening.</summary>
    public long Commits { get; private set; }

    /// <summary>What the records take, bytes: the file's pages less the free ones. Cheap.</summary>
    public long UsedBytes => (_pages.RunForNumber()!.Value - _freePages.RunForNumber()!.Value) * PageSize;

    /// <summary>What the file and its log take on the disk, bytes. Cheap.</summary>
    public long FileBytes => (_pages.RunForNumber()!.Value * PageSize) + ((long)_logPages * FrameSize);

    public static QueueStore Open(string path, int checkpointPages)
    {
        var connection = SqliteFile.Open(path, QueueSchema.Migrations, out var isNew);
        try
        {
            return new QueueStore(connection, isNew, checkpointPages);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Counts the records after one position and up to another.</summary>
    public long Count(long after, long through) => _count.Bind(1, after).Bind(2, through).RunForNumber()!.Value;

    public void Begin() => _begin.Run();

    /// <summary>Commits and syncs. When the log has grown to its bound its pages are moved into the file.</summary>
    public void Commit()
    {
        _commit.Run();
        Commits++;
        raw.sqlite3_db_status(_connection.Handle!, PagesWrittenStatus, out var pages, out _, 1);
        BytesWritten += (long)pages * FrameSize;
        _logPages += pages;
        if (_logPages >= _checkpointPages)
        {
            Checkpoint();
        }
    }

    /// <summary>Undoes the open transaction, if there is one. Never throws: the transaction is gone in any case.</summary>
    public void Rollback()
    {
        if (raw.sqlite3_get_autocommit(_connection.Handle!) == 0)
        {
            try
            {
                _rollback.Run();
            }
            catch (SqliteException)
            {
                // SQLite rolls back by itself on the errors that make ROLLBACK fail.
            }
        }
    }

    /// <summary>Reads the names of points anew, after a rollback may have taken some away.</summary>
    public void LoadPoints()
    {
        _pointIds.Clear();
        _points.Clear();
        using var all = new Statement(_connection, "SELECT id, device, name FROM point");
        while (all.Step())
        {
            Remember(all.GetInt64(0), all.GetText(1), all.GetText(2));
        }
    }

    /// <summary>Writes the number of this boot and the greatest position, and forgets points that have no records.</summary>
    public void BeginBoot(int boot, long position, bool isEmpty)
    {
        Begin();
        SetMeta("boot", boot);
        SetMeta("position", position);
        if (isEmpty)
        {
            SqliteFile.Execute(_connection, "DELETE FROM point; DELETE FROM acknowledged");
        }

        Commit();
        LoadPoints();
    }

    /// <summary>Writes the greatest position of this boot.</summary>
    public void EndBoot(long position)
    {
        Begin();
        SetMeta("position", position);
        Commit();
    }

    public void Insert(QueueRecord record)
    {
        _insert.Bind(1, record.Position).Bind(2, record.Boot).Bind(3, record.Sequence)
            .Bind(4, Microseconds.From(record.Time)).Bind(5, GetPointId(record.Device, record.Point)).Bind(6, record.Body.Span).Bind(7, record.IsUrgent ? 1 : 0);
        _insert.Run();
    }

    /// <summary>Reads records after one position and up to another, in order, until there are <paramref name="maxRecords"/> or <paramref name="maxBytes"/> of them. True if there are no more.</summary>
    public bool Read(bool isUrgentOnly, long after, long through, int maxRecords, int maxBytes, List<QueueRecord> records)
    {
        var read = isUrgentOnly ? _readUrgent : _read;
        read.Bind(1, after).Bind(2, through).Bind(3, maxRecords);
        try
        {
            while (read.Step())
            {
                var (device, point) = GetPoint(read.GetInt64(4));
                var record = new QueueRecord
                {
                    Position = read.GetInt64(0),
                    Boot = (int)read.GetInt64(1),
                    Sequence = read.GetInt64(2),
                    Time = Microseconds.ToTime(read.GetInt64(3)),
                    Device = device,
                    Point = point,
                    Body = read.GetBlob(5).ToArray(),
                    IsUrgent = read.GetInt64(6) != 0,
                };
                records.Add(record);
                maxBytes -= record.MemoryCost;
                if (maxBytes <= 0)
                {
                    return false;
                }
            }

            return records.Count < maxRecords;
        }
        finally
        {
            read.Reset();
        }
    }

    /// <summary>Position and time of the first record after a position; null if there is none.</summary>
    public (long Position, DateTimeOffset Time)? GetFirst(long after)
    {
        _first.Bind(1, after);
        (long, DateTimeOffset)? first = _first.Step() ? (_first.GetInt64(0), Microseconds.ToTime(_first.GetInt64(1))) : null;
        _first.Reset();
        return first;
    }

    /// <summary>Deletes every record up to a position, that one included.</summary>
    public void DeleteThrough(long position) => _deleteThrough.Bind(1, position).Run();

    /// <summary>Deletes every record from one position to another, both included.</summary>
    public void DeleteRange(long from, long to) => _deleteRange.Bind(1, from).Bind(2, to).Run();

    /// <summary>Writes what each reader has acknowledged, in place of what was written before.</summary>
    public void SaveAcknowledged(List<(string Reader, long From, long To)> ranges)
    {
        _forgetAcknowledged.Run();
        foreach (var (reader, from, to) in ranges)
        {
            _saveAcknowledged.Bind(1, reader).Bind(2, from).Bind(3, to).Run();
        }
    }

    /// <summary>Deletes the oldest records and tells which they were.</summary>
    public void DropOldest(int count, List<RemovedRecord> removed) => Remove(_dropOldest.Bind(1, count), removed);

    /// <summary>
    /// Deletes every second record of each point among <paramref name="count"/> that follow a position, urgent ones apart, and tells which they
    /// were. Answers the position of the last that was looked at; that of the last record if there are fewer.
    /// </summary>
    public long ThinOut(long after, int count, List<RemovedRecord> removed)
    {
        var through = _nth.Bind(1, after).Bind(2, count - 1).RunForNumber() ?? GetLast();
        Remove(_thinOut.Bind(1, after).Bind(2, through), removed);
        return through;
    }

    /// <summary>The position of the last record; 0 if there is none.</summary>
    public long GetLast() => _last.RunForNumber() ?? 0;

    /// <summary>Deletes, among the oldest <paramref name="count"/> records, those up to the first that was acquired at a time or later, and tells which they were.</summary>
    public void Expire(DateTimeOffset time, int count, List<RemovedRecord> removed) =>
        Remove(_expire.Bind(1, count).Bind(2, Microseconds.From(time)), removed);

    /// <summary>Gives up to <paramref name="maxPages"/> free pages back to the file system, if more than half of the file is free.</summary>
    public void Shrink(int maxPages)
    {
        if (_freePages.RunForNumber() is { } free && free > maxPages && free > _pages.RunForNumber() / 2)
        {
            Begin();
            SqliteFile.Execute(_connection, $"PRAGMA incremental_vacuum({maxPages})");
            Commit();
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements)
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }

    private Statement Prepare(string sql)
    {
        var statement = new Statement(_connection, sql);
        _statements.Add(statement);
        return statement;
    }

    private long? Ask(string sql)
    {
        using var statement = new Statement(_connection, sql);
        return statement.RunForNumber();
    }

    private void SetMeta(string key, long value) => _setMeta.Bind(1, key).Bind(2, value).Run();

    private void Checkpoint()
    {
        if (_checkpoint.Step())
        {
            BytesWritten += _checkpoint.GetInt64(2) * PageSize;
        }

        _checkpoint.Reset();
        _logPages = 0;
    }

    private void Remove(Statement statement, List<RemovedRecord> removed)
    {
        while (statement.Step())
        {
            removed.Add(new RemovedRecord(statement.GetInt64(0), GetPoint(statement.GetInt64(1)).Device));
        }

        statement.Reset();
    }

    private void LoadAcknowledged()
    {
        using var all = new Statement(_connection, "SELECT reader, first, last FROM acknowledged");
        while (all.Step())
        {
            var reader = all.GetText(0);
            if (!Acknowledged.TryGetValue(reader, out var ranges))
            {
                Acknowledged[reader] = ranges = [];
            }

            ranges.Add((all.GetInt64(1), all.GetInt64(2)));
        }
    }

    private (string Device, string Point) GetPoint(long id) => _points.TryGetValue(id, out var point) ? point : ("", "");

    private long GetPointId(string device, string point)
    {
        if (_pointIds.TryGetValue((device, point), out var id))
        {
            return id;
        }

        id = _insertPoint.Bind(1, device).Bind(2, point).RunForNumber()!.Value;
        Remember(id, device, point);
        return id;
    }

    private void Remember(long id, string device, string point)
    {
        _pointIds[(device, point)] = id;
        _points[id] = (device, point);
    }
}
