using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.History;

/// <summary>
/// The file of what values were: a row for each point and quarter of an hour with its minutes, and, once a day is over, one for the day with its
/// hours. Rows of one time lie together, so that writing them touches few pages. Belongs to one thread at a time. Every member throws what
/// <see cref="DiskTrouble"/> knows; after that it is to be closed.
/// </summary>
internal sealed class HistoryDatabase : IDisposable
{
    public const long Minute = 60_000;
    public const long Quarter = 15 * Minute;
    public const long Hour = 60 * Minute;
    public const long Day = 24 * Hour;

    /// <summary>How many points are told apart; further ones are not kept.</summary>
    public const int MostPoints = 10_000;

    private const int Minutes = 0;
    private const int Hours = 1;

    private static readonly string[] Migrations =
    [
        """
        CREATE TABLE point (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE block (
            level INTEGER NOT NULL, -- 0: the minutes of a quarter of an hour; 1: the hours of a day
            time INTEGER NOT NULL, -- when it began, milliseconds since 1970, UTC
            point INTEGER NOT NULL,
            entries BLOB NOT NULL, -- HistoryBlock
            PRIMARY KEY (level, time, point)) WITHOUT ROWID
        """,
    ];

    private readonly SqliteConnection _connection;
    private readonly Transactions _transactions;
    private readonly Dictionary<string, long> _points = [];
    private readonly Statement _addPoint, _write, _read, _ofDay, _hasDay, _before, _used, _oldest, _delete;

    private HistoryDatabase(SqliteConnection connection)
    {
        _connection = connection;
        _transactions = new Transactions(connection, checkpointPages: 1); // it is written every quarter of an hour
        _addPoint = new Statement(connection, "INSERT INTO point (name) VALUES (?) RETURNING id");
        _write = new Statement(connection, "INSERT INTO block (level, time, point, entries) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET entries = excluded.entries");
        _read = new Statement(connection, "SELECT entries FROM block WHERE level = ? AND time = ? AND point = ?");
        _ofDay = new Statement(connection, "SELECT point, time, entries FROM block WHERE level = 0 AND time >= ? AND time < ? ORDER BY time");
        _hasDay = new Statement(connection, "SELECT 1 FROM block WHERE level = 1 AND time = ? LIMIT 1");
        _before = new Statement(connection, "SELECT max(time) FROM block WHERE level = 0 AND time < ?");
        _used = new Statement(connection, "SELECT page_count - freelist_count FROM pragma_page_count(), pragma_freelist_count()");
        _oldest = new Statement(connection, "SELECT min(time) FROM block WHERE level = ?");
        _delete = new Statement(connection, "DELETE FROM block WHERE level = ? AND time < ?");
        using var points = new Statement(connection, "SELECT id, name FROM point");
        while (points.Step())
        {
            _points[points.GetText(1)] = points.GetInt64(0);
        }
    }

    private Statement[] Statements => [_addPoint, _write, _read, _ofDay, _hasDay, _before, _used, _oldest, _delete];

    /// <summary>Written to the disk since the opening, log and file, bytes.</summary>
    public long BytesWritten => _transactions.BytesWritten;

    public static HistoryDatabase Open(string path)
    {
        var connection = SqliteFile.Open(path, Migrations, Migrations.Length, out _);
        try
        {
            return new HistoryDatabase(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Adds minutes to what there is of a quarter of an hour, rolls days up that are over, and makes room. All or nothing.</summary>
    /// <param name="quarter">When it began.</param>
    /// <param name="minutes">The minutes of each point.</param>
    /// <param name="maxBytes">What the file may take.</param>
    public void Write(long quarter, IReadOnlyCollection<KeyValuePair<string, IReadOnlyList<HistoryEntry>>> minutes, long maxBytes) => _transactions.Run(() =>
    {
        foreach (var (name, entries) in minutes)
        {
            if (FindOrAdd(name) is { } point)
            {
                var all = ReadBlock(Minutes, quarter, point).UnionBy(entries, entry => entry.Time).OrderBy(entry => entry.Time).ToList();
                WriteBlock(Minutes, quarter, point, all);
            }
        }

        // Not always yesterday: for a day or more there may have been nothing to write.
        var today = quarter - (quarter % Day);
        if (_before.Bind(1, today).RunForNumber() is { } last)
        {
            RollUp(last - (last % Day));
        }

        MakeRoom(maxBytes, today);
    });

    /// <summary>What a point's values were, in order of time.</summary>
    /// <param name="name">The point.</param>
    /// <param name="from">The first time.</param>
    /// <param name="to">The time behind the last.</param>
    /// <param name="step">How fine it has to be: from an hour on, hours do.</param>
    public List<HistoryEntry> Read(string name, long from, long to, long step)
    {
        var entries = new List<HistoryEntry>();
        if (!_points.TryGetValue(name, out var point))
        {
            return entries;
        }

        for (var day = from - (from % Day); day < to; day += Day)
        {
            var hours = ReadBlock(Hours, day, point);
            if (step >= Hour && hours.Count > 0)
            {
                entries.AddRange(hours);
                continue;
            }

            var before = entries.Count;
            for (var quarter = Math.Max(day, from - (from % Quarter)); quarter < Math.Min(day + Day, to); quarter += Quarter)
            {
                entries.AddRange(ReadBlock(Minutes, quarter, point));
            }

            // The minutes of long ago made room.
            if (entries.Count == before)
            {
                entries.AddRange(hours);
            }
        }

        entries.RemoveAll(entry => entry.Time < from || entry.Time >= to);
        return entries;
    }

    public void Dispose()
    {
        foreach (var statement in Statements)
        {
            statement.Dispose();
        }

        _transactions.Dispose();
        _connection.Dispose();
    }

    private static long StepOf(int level) => level == Minutes ? Minute : Hour;

    private long? FindOrAdd(string name)
    {
        if (_points.TryGetValue(name, out var known))
        {
            return known;
        }

        if (_points.Count >= MostPoints)
        {
            return null;
        }

        var id = _addPoint.Bind(1, name).RunForNumber()!.Value;
        _points.Add(name, id);
        return id;
    }

    private List<HistoryEntry> ReadBlock(int level, long time, long point)
    {
        List<HistoryEntry> entries = _read.Bind(1, level).Bind(2, time).Bind(3, point).Step() ? HistoryBlock.Decode(time, StepOf(level), _read.GetBlob(0)) : [];
        _read.Reset();
        return entries;
    }

    private void WriteBlock(int level, long time, long point, IReadOnlyCollection<HistoryEntry> entries) =>
        _write.Bind(1, level).Bind(2, time).Bind(3, point).Bind(4, HistoryBlock.Encode(time, StepOf(level), entries)).Run();

    private void RollUp(long day)
    {
        if (_hasDay.Bind(1, day).RunForNumber() is not null)
        {
            return;
        }

        var points = new Dictionary<long, List<HistoryEntry>>();
        _ofDay.Bind(1, day).Bind(2, day + Day);
        while (_ofDay.Step())
        {
            var point = _ofDay.GetInt64(0);
            if (!points.TryGetValue(point, out var minutes))
            {
                points.Add(point, minutes = []);
            }

            minutes.AddRange(HistoryBlock.Decode(_ofDay.GetInt64(1), Minute, _ofDay.GetBlob(2)));
        }

        _ofDay.Reset();
        foreach (var (point, minutes) in points)
        {
            WriteBlock(Hours, day, point, HistoryEntry.Combine(minutes, Hour));
        }
    }

    // A day at a time, minutes before hours; pages that get free are used again, so that the file grows no further.
    private void MakeRoom(long maxBytes, long today)
    {
        while (_used.RunForNumber() * SqliteFile.PageSize > maxBytes)
        {
            var level = Minutes;
            if (_oldest.Bind(1, level).RunForNumber() is not { } oldest)
            {
                level = Hours;
                if (_oldest.Bind(1, level).RunForNumber() is not { } oldestHours)
                {
                    return;
                }

                oldest = oldestHours;
            }

            var day = oldest - (oldest % Day);
            if (level == Minutes && day < today)
            {
                RollUp(day);
            }

            _delete.Bind(1, level).Bind(2, day + Day).Run();
        }
    }
}
