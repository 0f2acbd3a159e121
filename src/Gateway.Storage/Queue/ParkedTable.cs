using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Queue;

/// <summary>The parked records in the queue's file. Belongs to the thread of its connection; every member throws what <see cref="DiskTrouble"/> knows.</summary>
internal sealed class ParkedTable : IDisposable
{
    private const int RowBytes = 100;

    private readonly Statement _insert, _readAll, _delete, _dropOldest, _total;
    private readonly long _maxBytes;

    /// <param name="connection">The open file.</param>
    /// <param name="maxBytes">What the records may take, bytes.</param>
    public ParkedTable(SqliteConnection connection, long maxBytes)
    {
        _maxBytes = maxBytes;
        _insert = new Statement(
            connection,
            """
            INSERT INTO parked (reader, reason, boot, sequence, time, unsynchronised, device, name, body, urgent, uptime) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (reader, boot, sequence) DO UPDATE SET reason = excluded.reason
            """);
        _readAll = new Statement(
            connection,
            $"""
            SELECT id, reader, reason, parked.boot, sequence, {QueueSchema.Time}, unsynchronised = 1 AND boot.offset IS NULL, device, name, body, urgent, uptime
            FROM parked LEFT JOIN boot ON boot.boot = parked.boot WHERE id > ? ORDER BY id LIMIT ?
            """);
        _delete = new Statement(connection, "DELETE FROM parked WHERE id = ?");
        _dropOldest = new Statement(connection, "DELETE FROM parked WHERE id = (SELECT min(id) FROM parked) RETURNING device");
        _total = new Statement(connection, $"SELECT count(*), coalesce(sum(length(body) + {RowBytes}), 0) FROM parked");
        Measure();
    }

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    /// <summary>What they take, bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds records, and tells of which devices the oldest had to go for that.</summary>
    public void Add(IEnumerable<ParkedRecord> records, List<string> dropped)
    {
        foreach (var (reader, reason, record) in records)
        {
            _insert.Bind(1, reader).Bind(2, reason).Bind(3, record.Boot).Bind(4, record.Sequence).Bind(5, Microseconds.From(record.Time))
                .Bind(6, record.IsUnsynchronised ? 1 : 0).Bind(7, record.Device).Bind(8, record.Point).Bind(9, record.Body.Span).Bind(10, record.IsUrgent ? 1 : 0)
                .Bind(11, record.Uptime is { } uptime ? Microseconds.From(uptime) : null).Run();
        }

        Measure();
        while (Count > ParkedRecord.MaxRecords || (Bytes > _maxBytes && Count > 1))
        {
            if (_dropOldest.Step())
            {
                dropped.Add(_dropOldest.GetText(0));
            }

            _dropOldest.Reset();
            Measure();
        }
    }

    /// <summary>Reads up to <paramref name="count"/> records that were parked after one, in order.</summary>
    public List<ParkedRecord> Read(long afterId, int count)
    {
        var records = new List<ParkedRecord>();
        _readAll.Bind(1, afterId).Bind(2, count);
        while (_readAll.Step())
        {
            records.Add(ReadRow(_readAll));
        }

        _readAll.Reset();
        return records;
    }

    public void Delete(IEnumerable<ParkedRecord> records)
    {
        foreach (var parked in records)
        {
            _delete.Bind(1, parked.Id).Run();
        }

        Measure();
    }

    public void Dispose()
    {
        foreach (var statement in new[] { _insert, _readAll, _delete, _dropOldest, _total })
        {
            statement.Dispose();
        }
    }

    private static ParkedRecord ReadRow(Statement row) => new(row.GetText(1), row.GetText(2), new QueueRecord
    {
        Position = 0,
        Boot = (int)row.GetInt64(3),
        Sequence = row.GetInt64(4),
        Time = Microseconds.ToTime(row.GetInt64(5)),
        IsUnsynchronised = row.GetInt64(6) != 0 || !Microseconds.IsTime(row.GetInt64(5)),
        Device = row.GetText(7),
        Point = row.GetText(8),
        Body = row.GetBlob(9).ToArray(),
        IsUrgent = row.GetInt64(10) != 0,
        Uptime = row.IsNull(11) ? null : Microseconds.ToSpan(row.GetInt64(11)),
    })
    { Id = row.GetInt64(0) };

    private void Measure()
    {
        _total.Step();
        (Count, Bytes) = (_total.GetInt64(0), _total.GetInt64(1));
        _total.Reset();
    }
}
