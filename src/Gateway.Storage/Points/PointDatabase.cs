using System.Globalization;
using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Storage.Points;

/// <summary>
/// The file of what points keep: a row a value. Belongs to one thread at a time. Every member throws what <see cref="DiskTrouble"/> knows.
/// </summary>
internal sealed class PointDatabase : IDisposable
{
    /// <summary>The most values that are kept; those that were not saved for longest go first.</summary>
    public const int MaxRows = 20_000;

    private const int PageSize = 4096;
    private const int FrameSize = PageSize + 24; // of the write-ahead log
    private const int PagesWrittenStatus = 9; // SQLITE_DBSTATUS_CACHE_WRITE
    private const int CheckpointPages = 64;

    private static readonly string[] Migrations =
    [
        """
        CREATE TABLE value (
            device TEXT NOT NULL, point TEXT NOT NULL, key TEXT NOT NULL,
            value TEXT NOT NULL, -- a decimal number
            saved INTEGER NOT NULL, -- microseconds since 1970, UTC
            PRIMARY KEY (device, point, key)) WITHOUT ROWID
        """,
    ];

    private readonly SqliteConnection _connection;
    private readonly Statement _begin, _commit, _rollback, _save, _count, _checkpoint;
    private int _logPages;

    private PointDatabase(SqliteConnection connection)
    {
        _connection = connection;
        _begin = new Statement(connection, "BEGIN IMMEDIATE");
        _commit = new Statement(connection, "COMMIT");
        _rollback = new Statement(connection, "ROLLBACK");
        _save = new Statement(
            connection,
            "INSERT INTO value (device, point, key, value, saved) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, saved = excluded.saved");
        _count = new Statement(connection, "SELECT count(*) FROM value");
        _checkpoint = new Statement(connection, "PRAGMA wal_checkpoint(PASSIVE)");
    }

    /// <summary>Written to the disk since the opening, log and file, bytes.</summary>
    public long BytesWritten { get; private set; }

    public static PointDatabase Open(string path)
    {
        var connection = SqliteFile.Open(path, Migrations, out _);
        try
        {
            return new PointDatabase(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>All rows.</summary>
    public List<PointRow> Load()
    {
        var rows = new List<PointRow>();
        Read(_connection, rows);
        return rows;
    }

    /// <summary>All rows of a file that cannot be written.</summary>
    public static List<PointRow> LoadReadOnly(string path)
    {
        var rows = new List<PointRow>();
        using var connection = SqliteFile.OpenReadOnly(path, Migrations);
        Read(connection, rows);
        return rows;
    }

    /// <summary>The rows of a damaged file as far as they can be read. Throws nothing.</summary>
    public static List<PointRow> Salvage(string path)
    {
        var rows = new List<PointRow>();
        try
        {
            using var connection = SqliteFile.OpenReadOnly(path, Migrations);
            Read(connection, rows);
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            // Here the damage begins.
        }

        return rows;
    }

    /// <summary>Commits and syncs rows, all or none.</summary>
    public void Save(IReadOnlyCollection<PointRow> rows, DateTimeOffset now)
    {
        try
        {
            _begin.Run();
            foreach (var ((device, point, key), value) in rows)
            {
                _save.Bind(1, device).Bind(2, point).Bind(3, key).Bind(4, value.ToString(CultureInfo.InvariantCulture)).Bind(5, Microseconds.From(now)).Run();
            }

            if (_count.RunForNumber() > MaxRows)
            {
                SqliteFile.Execute(_connection, $"DELETE FROM value WHERE (device, point, key) IN (SELECT device, point, key FROM value ORDER BY saved DESC LIMIT -1 OFFSET {MaxRows})");
            }

            _commit.Run();
        }
        catch
        {
            Rollback();
            throw;
        }

        raw.sqlite3_db_status(_connection.Handle!, PagesWrittenStatus, out var pages, out _, 1);
        BytesWritten += (long)pages * FrameSize;
        _logPages += pages;
        if (_logPages >= CheckpointPages)
        {
            Checkpoint();
        }
    }

    public void Dispose()
    {
        foreach (var statement in new[] { _begin, _commit, _rollback, _save, _count, _checkpoint })
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }

    private static void Read(SqliteConnection connection, List<PointRow> rows)
    {
        using var read = new Statement(connection, "SELECT device, point, key, value FROM value");
        while (read.Step())
        {
            if (decimal.TryParse(read.GetText(3), NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                rows.Add(new PointRow(new PointKey(read.GetText(0), read.GetText(1), read.GetText(2)), value));
            }
        }
    }

    private void Checkpoint()
    {
        if (_checkpoint.Step())
        {
            BytesWritten += _checkpoint.GetInt64(2) * PageSize;
        }

        _checkpoint.Reset();
        _logPages = 0;
    }

    private void Rollback()
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
}
