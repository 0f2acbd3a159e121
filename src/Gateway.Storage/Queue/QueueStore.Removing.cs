using Gateway.Storage.Sqlite;

namespace Gateway.Storage.Queue;

/// <content>What leaves the file: acknowledged, or to make room.</content>
internal sealed partial class QueueStore
{
    private readonly List<StoredRow> _staying = [];

    /// <summary>Deletes every record up to a position, that one included.</summary>
    public void DeleteThrough(long position) => _deleteThrough.Bind(1, position).Run();

    /// <summary>Deletes every record from one position to another, both included.</summary>
    public void DeleteRange(long from, long to) => _deleteRange.Bind(1, from).Bind(2, to).Run();

    /// <summary>Deletes every record up to a position, that one included, and tells which they were.</summary>
    public void DropThrough(long position, List<RemovedRecord> removed) => Remove(_dropThrough.Bind(1, position), removed);

    /// <summary>
    /// Goes on with a pass of thinning out, up to a position or, before that, <paramref name="maxRecords"/> or <paramref name="maxBytes"/>, and tells
    /// which records went. Those that stay are written anew, close together: had the others only been taken out from among them, they would lie
    /// in half-filled pages, and no room would be made.
    /// </summary>
    public void ThinOut(Thinning thinning, long through, int maxRecords, int maxBytes, List<RemovedRecord> removed)
    {
        var (from, before) = (thinning.Through + 1, removed.Count);
        _read.Bind(1, thinning.Through).Bind(2, through).Bind(3, maxRecords);
        _staying.Clear();
        var isAll = true;
        try
        {
            while (isAll && _read.Step())
            {
                var row = StoredRow.Of(_read);
                if (thinning.IsStaying(row.Point, row.Urgent != 0))
                {
                    _staying.Add(row);
                }
                else
                {
                    removed.Add(new RemovedRecord(row.Position, GetPoint(row.Point).Device));
                }

                thinning.GoTo(row.Position);
                maxBytes -= row.Body.Length;
                isAll = --maxRecords > 0 && maxBytes > 0;
            }
        }
        finally
        {
            _read.Reset();
        }

        if (isAll)
        {
            thinning.GoTo(through);
        }

        if (removed.Count > before)
        {
            DeleteRange(from, thinning.Through);
            _staying.ForEach(row => row.Insert(_insert));
        }
    }

    /// <summary>
    /// Deletes, among the oldest <paramref name="count"/> records, those up to the last that is too old and has none before it that is not,
    /// and tells which they were.
    /// </summary>
    /// <param name="time">Too old is what was acquired before this time in UTC; null: nobody knows that of records of earlier starts of the machine.</param>
    /// <param name="uptime">Or before this one, since the machine's start.</param>
    /// <param name="count">How many to look at.</param>
    /// <param name="removed">Takes what was deleted.</param>
    public void Expire(DateTimeOffset? time, TimeSpan uptime, int count, List<RemovedRecord> removed) =>
        Remove(_expire.Bind(1, count).Bind(2, time is { } known ? Microseconds.From(known) : null).Bind(3, Microseconds.From(uptime)).Bind(4, _machineBoot), removed);

    private void Remove(Statement statement, List<RemovedRecord> removed)
    {
        while (statement.Step())
        {
            removed.Add(new RemovedRecord(statement.GetInt64(0), GetPoint(statement.GetInt64(1)).Device));
        }

        statement.Reset();
    }

    /// <summary>A row of the table, as it is.</summary>
    private readonly record struct StoredRow(long Position, long Boot, long Sequence, long Time, long Point, byte[] Body, long Urgent, long? Uptime, long Unsynchronised)
    {
        public static StoredRow Of(Statement read) => new(
            read.GetInt64(0), read.GetInt64(1), read.GetInt64(2), read.GetInt64(3), read.GetInt64(4), read.GetBlob(5).ToArray(),
            read.GetInt64(6), read.IsNull(7) ? null : read.GetInt64(7), read.GetInt64(8));

        public void Insert(Statement insert) => insert
            .Bind(1, Position).Bind(2, Boot).Bind(3, Sequence).Bind(4, Time).Bind(5, Point).Bind(6, Body)
            .Bind(7, Urgent).Bind(8, Uptime).Bind(9, Unsynchronised).Run();
    }
}
