using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Storage.Queue;

/// <summary>A record that a statement removed from the file.</summary>
internal readonly record struct RemovedRecord(long Position, string Device);

/// <summary>A record in the file, without what it says.</summary>
internal readonly record struct StoredRecord(long Position, DateTimeOffset Time, TimeSpan? Uptime, bool IsUnsynchronised);

/// <summary>
/// The queue's file: rows in, pages of rows out. Knows nothing of threads, readers or policies; belongs to the writer's thread.
/// Every member throws what <see cref="DiskTrouble"/> knows.
/// </summary>
internal sealed partial class QueueStore : IDisposable
{
    /// <summary>No queue comes as far as this in its life: a row with such a position is damaged.</summary>
    public const long ImpossiblePosition = 1L << 48;

    private const int MaxBoots = 10_000;

    private readonly SqliteConnection _connection;
    private readonly int _version;
    private readonly SqliteException? _unmigrated;
    private readonly string _machineBoot;
    private readonly List<Statement> _statements = [];
    private readonly Transactions _transactions;
    private readonly Statement _insert, _insertPoint, _read, _readUrgent, _count, _forgetAcknowledged, _saveAcknowledged, _deleteThrough, _deleteRange, _dropThrough, _expire, _nth, _last, _first, _pages, _freePages, _setMeta, _setBoot, _setOffset;
    private readonly DepartureTable? _departures;
    private readonly ParkedTable? _parked;
    private readonly DropTable? _drops;
    private readonly Dictionary<(string Device, string Point), long> _pointIds = [];
    private readonly Dictionary<long, (string Device, string Point)> _points = [];
    private readonly Dictionary<int, (bool IsThisMachineBoot, TimeSpan? Offset)> _boots = [];

    private QueueStore(SqliteConnection connection, int version, SqliteException? unmigrated, int checkpointPages, string machineBoot, long maxParkedBytes)
    {
        _connection = connection;
        _version = version;
        _unmigrated = unmigrated;
        _machineBoot = machineBoot;
        _transactions = new Transactions(connection, checkpointPages);
        _pages = Prepare("PRAGMA page_count");
        _freePages = Prepare("PRAGMA freelist_count");
        _insert = PrepareChange(QueueSql.Insert);
        _insertPoint = PrepareChange("INSERT INTO point (device, name) VALUES (?, ?) RETURNING id");
        _read = Prepare(QueueSql.Read(version));
        _readUrgent = Prepare(QueueSql.ReadUrgent(version));
        _count = Prepare("SELECT count(*) FROM record WHERE position > ? AND position <= ?");
        _forgetAcknowledged = PrepareChange("DELETE FROM acknowledged");
        _saveAcknowledged = PrepareChange("INSERT INTO acknowledged (reader, first, last) VALUES (?, ?, ?)");
        _deleteThrough = PrepareChange("DELETE FROM record WHERE position <= ?");
        _deleteRange = PrepareChange("DELETE FROM record WHERE position BETWEEN ? AND ?");
        _dropThrough = PrepareChange(QueueSql.DropThrough);
        _expire = PrepareChange(QueueSql.Expire);
        _nth = Prepare("SELECT position FROM record WHERE position > ? ORDER BY position LIMIT 1 OFFSET ?");
        _last = Prepare("SELECT max(position) FROM record");
        _first = Prepare(QueueSql.First(version));
        _setMeta = PrepareChange("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
        _setBoot = PrepareChange("INSERT INTO boot (boot, machine, offset) VALUES (?, ?, ?) ON CONFLICT (boot) DO NOTHING");
        _setOffset = PrepareChange("UPDATE boot SET offset = ? WHERE machine = ?");
        LastPosition = GetLast();
        LastBoot = FindLastBoot();
        LastUrgentPosition = Ask(QueueSql.LastUrgent(version)) ?? 0;
        HighestPosition = Math.Max(LastPosition, Ask("SELECT value FROM meta WHERE key = 'position'") ?? 0);
        LoadPoints();
        LoadBoots();
        LoadAcknowledged();
        LoadDeparted();
        Dropped = DropTable.Load(connection, version);
        if (unmigrated is null)
        {
            _drops = new DropTable(connection);
            _departures = new DepartureTable(connection);
            _parked = new ParkedTable(connection, maxParkedBytes);
        }
    }

    /// <summary>The parked records.</summary>
    public ParkedTable Parked => _parked ?? throw _unmigrated!;

    /// <summary>Whether there are any, in a file that cannot be migrated, too.</summary>
    public bool HasParked => _version >= QueueSchema.ParkedSince && Ask("SELECT EXISTS (SELECT 1 FROM parked)") != 0;

    /// <summary>The counts of what was lost.</summary>
    public DropTable Drops => _drops ?? throw _unmigrated!;

    /// <summary>What was lost. As of the opening.</summary>
    public IReadOnlyList<QueueDrops> Dropped { get; }

    /// <summary>What UTC was ahead of the time since the machine's start by, this time, when the clock was synchronised; null if the file does not know.</summary>
    public TimeSpan? Offset { get; private set; }

    /// <summary>Whether the file was made by this opening.</summary>
    public bool IsNew { get; private init; }

    /// <summary>Whether nothing can ever be written by this opening: the file could be opened for reading only.</summary>
    public bool IsReadOnly => _unmigrated is not null || raw.sqlite3_db_readonly(_connection.Handle!, "main") == 1;

    /// <summary>The greatest boot number in the file, 0 if there is none: in one that was salvaged, that of its records. As of the opening.</summary>
    public int LastBoot { get; }

    /// <summary>The position of the last record, 0 if there is none. As of the opening.</summary>
    public long LastPosition { get; }

    /// <summary>The position of the last urgent record, 0 if there is none. As of the opening.</summary>
    public long LastUrgentPosition { get; }

    /// <summary>What readers that share the queue have acknowledged of it. As of the opening.</summary>
    public Dictionary<string, List<(long From, long To)>> Acknowledged { get; } = [];

    /// <summary>What readers had sent under a number. As of the opening.</summary>
    public Dictionary<string, List<DepartedRecord>> Departed { get; } = [];

    /// <summary>The numbers under which records left.</summary>
    public DepartureTable Departures => _departures ?? throw _unmigrated!;

    /// <summary>A position that nothing of earlier boots exceeds: no record, and none that readers have acknowledged or sent. As of the opening.</summary>
    public long HighestPosition { get; private set; }

    /// <summary>Written to the disk since the opening, log and file, bytes.</summary>
    public long BytesWritten => _transactions.BytesWritten;

    /// <summary>Transactions committed since the opening.</summary>
    public long Commits => _transactions.Commits;

    /// <summary>What the records take, bytes: the file's pages less the free ones. Cheap.</summary>
    public long UsedBytes => (_pages.RunForNumber()!.Value - _freePages.RunForNumber()!.Value) * SqliteFile.PageSize;

    /// <summary>What the file takes, bytes: the free pages too. Cheap.</summary>
    public long PageBytes => _pages.RunForNumber()!.Value * SqliteFile.PageSize;

    /// <summary>What the file and its log take on the disk, bytes. Cheap.</summary>
    public long FileBytes => PageBytes + _transactions.LogBytes;

    /// <summary>
    /// Opens the file or makes it. One of an earlier version that cannot be migrated, because the disk is full or cannot be written, can be
    /// read as it is; then <see cref="Begin"/> throws what stood in the way.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="checkpointPages">Pages of the log at which they are moved into the file.</param>
    /// <param name="machineBoot">Names the time since the machine's start.</param>
    /// <param name="maxParkedBytes">What parked records may take, bytes.</param>
    public static QueueStore Open(string path, int checkpointPages, string machineBoot, long maxParkedBytes)
    {
        SqliteConnection connection;
        var isNew = false;
        SqliteException? unmigrated = null;
        try
        {
            connection = SqliteFile.Open(path, QueueSchema.Migrations, QueueSchema.Oldest, out isNew);
        }
        catch (SqliteException exception) when (DiskTrouble.IsReadable(exception) || DiskTrouble.IsUnopenable(exception))
        {
            if (SqliteFile.TryOpenUnchanged(path, QueueSchema.Migrations) is not { } unchanged)
            {
                throw;
            }

            (connection, unmigrated) = (unchanged, DiskTrouble.ToUnwritable(exception));
        }

        try
        {
            return new QueueStore(connection, SqliteFile.ReadVersion(connection), unmigrated, checkpointPages, machineBoot, maxParkedBytes) { IsNew = isNew };
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void Begin()
    {
        if (_unmigrated is not null)
        {
            throw _unmigrated;
        }

        _transactions.Begin();
    }

    /// <inheritdoc cref="Transactions.Commit"/>
    public void Commit() => _transactions.Commit();

    /// <inheritdoc cref="Transactions.MoveLog"/>
    public void MoveLog() => _transactions.MoveLog();

    /// <inheritdoc cref="Transactions.Rollback"/>
    public void Rollback() => _transactions.Rollback();

    /// <summary>Writes the number of this boot and the greatest position, and forgets points that have no records.</summary>
    public void BeginBoot(int boot, long position, bool isEmpty)
    {
        Begin();
        SetMeta("boot", boot);
        SetMeta("position", position);
        if (isEmpty)
        {
            SqliteFile.Execute(_connection, "DELETE FROM point; DELETE FROM acknowledged; DELETE FROM departed");
        }

        // What this start of the machine knows of its clock stays, with or without records.
        SaveBoot(boot, _machineBoot, Offset);
        SqliteFile.Execute(
            _connection,
            $"DELETE FROM boot WHERE (boot < coalesce((SELECT boot FROM record ORDER BY position LIMIT 1), {boot}) AND boot NOT IN (SELECT boot FROM parked)) OR boot IN (SELECT boot FROM boot ORDER BY boot DESC LIMIT -1 OFFSET {MaxBoots})");
        Commit();
        LoadPoints();
        LoadBoots();
    }

    /// <summary>Writes that this file's positions are those of a boot, in place of another file.</summary>
    public void MarkBoot(int boot)
    {
        Begin();
        SetMeta("boot", boot);
        Commit();
    }

    /// <summary>Writes what is known of a boot, unless something is.</summary>
    public void SaveBoot(int boot, string machine, TimeSpan? offset) =>
        _setBoot.Bind(1, boot).Bind(2, machine).Bind(3, offset is { } known ? Microseconds.From(known) : null).Run();

    /// <summary>Writes what UTC was ahead of the time since the machine's start by when the clock was synchronised: records of that time then have theirs.</summary>
    public void SaveOffset(TimeSpan offset)
    {
        _setOffset.Bind(1, Microseconds.From(offset)).Bind(2, _machineBoot).Run();
        LoadBoots();
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
            .Bind(4, Microseconds.From(record.Time)).Bind(5, GetPointId(record.Device, record.Point)).Bind(6, record.Body.Span).Bind(7, record.IsUrgent ? 1 : 0)
            .Bind(8, record.Uptime is { } uptime ? Microseconds.From(uptime) : null).Bind(9, record.IsUnsynchronised ? 1 : 0);
        _insert.Run();
    }

    /// <summary>Writes what each reader has acknowledged, in place of what was written before.</summary>
    public void SaveAcknowledged(List<(string Reader, long From, long To)> ranges)
    {
        _forgetAcknowledged.Run();
        foreach (var (reader, from, to) in ranges)
        {
            _saveAcknowledged.Bind(1, reader).Bind(2, from).Bind(3, to).Run();
        }
    }

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
        _departures?.Dispose();
        _drops?.Dispose();
        foreach (var statement in _statements)
        {
            statement.Dispose();
        }

        _parked?.Dispose();
        _transactions.Dispose();
        _connection.Dispose();
    }

    private Statement Prepare(string sql)
    {
        var statement = new Statement(_connection, sql);
        _statements.Add(statement);
        return statement;
    }

    // Into a file that is read as it is nothing is ever written: Begin says so. Its tables need not have what is written now.
    private Statement PrepareChange(string sql) => _unmigrated is null ? Prepare(sql) : _pages;

    private long? Ask(string sql)
    {
        using var statement = new Statement(_connection, sql);
        return statement.RunForNumber();
    }

    private void SetMeta(string key, long value) => _setMeta.Bind(1, key).Bind(2, value).Run();

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
}
