using System.Globalization;
using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Points;

/// <summary>
/// The file of what points keep: a row a value. Belongs to one thread at a time. Every member throws what <see cref="DiskTrouble"/> knows.
/// </summary>
internal sealed class PointDatabase : IDisposable
{
    /// <summary>The most values that are kept; those that were not saved for longest go first.</summary>
    public const int MaxRows = 20_000;

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
    private readonly Transactions _transactions;
    private readonly Statement _save, _forget, _count;

    private PointDatabase(SqliteConnection connection)
    {
        _connection = connection;
        _transactions = new Transactions(connection, CheckpointPages);
        _save = new Statement(
            connection,
            "INSERT INTO value (device, point, key, value, saved) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, saved = excluded.saved");
        _forget = new Statement(connection, "DELETE FROM value WHERE device = ? AND point = ? AND key = ?");
        _count = new Statement(connection, "SELECT count(*) FROM value");
    }

    /// <summary>Written to the disk since the opening, log and file, bytes.</summary>
    public long BytesWritten => _transactions.BytesWritten;

    public static PointDatabase Open(string path)
    {
        var connection = SqliteFile.Open(path, Migrations, Migrations.Length, out _);
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

    /// <summary>All rows, the longest-unsaved first.</summary>
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

    /// <summary>The rows of a damaged file that lie on sound pages. Throws nothing.</summary>
    public static List<PointRow> Salvage(string path)
    {
        Dictionary<PointKey, (decimal Value, long Saved)> found = [];
        try
        {
            using var file = new DamagedFile(path);
            foreach (var bytes in file.Entries())
            {
                if (RawRow.Parse(bytes) is { Count: 5 } row && row.TryGetText(0, out var device) && row.TryGetText(1, out var point) && row.TryGetText(2, out var key)
                    && row.TryGetText(3, out var text) && row.TryGetInteger(4, out var saved)
                    && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                    && !(found.TryGetValue(new PointKey(device, point, key), out var other) && other.Saved > saved))
                {
                    found[new PointKey(device, point, key)] = (value, saved);
                }
            }
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            // It cannot be opened: there is nothing of it.
        }

        return [.. found.OrderBy(row => row.Value.Saved).TakeLast(MaxRows).Select(row => new PointRow(row.Key, row.Value.Value))];
    }

    /// <summary>Commits and syncs rows, and that others are gone: all or none.</summary>
    public void Save(IReadOnlyCollection<PointRow> rows, IReadOnlyCollection<PointKey> forgotten, DateTimeOffset now) => _transactions.Run(() =>
    {
        foreach (var (device, point, key) in forgotten)
        {
            _forget.Bind(1, device).Bind(2, point).Bind(3, key).Run();
        }

        foreach (var ((device, point, key), value) in rows)
        {
            _save.Bind(1, device).Bind(2, point).Bind(3, key).Bind(4, value.ToString(CultureInfo.InvariantCulture)).Bind(5, Microseconds.From(now)).Run();
        }

        if (_count.RunForNumber() > MaxRows)
        {
            SqliteFile.Execute(_connection, $"DELETE FROM value WHERE (device, point, key) IN (SELECT device, point, key FROM value ORDER BY saved DESC LIMIT -1 OFFSET {MaxRows})");
        }
    });

    public void Dispose()
    {
        _save.Dispose();
        _forget.Dispose();
        _count.Dispose();
        _transactions.Dispose();
        _connection.Dispose();
    }

    private static void Read(SqliteConnection connection, List<PointRow> rows)
    {
        using var read = new Statement(connection, "SELECT device, point, key, value FROM value ORDER BY saved");
        while (read.Step())
        {
            if (decimal.TryParse(read.GetText(3), NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                rows.Add(new PointRow(new PointKey(read.GetText(0), read.GetText(1), read.GetText(2)), value));
            }
        }
    }
}
