using Gateway.Storage.Sqlite;
using Microsoft.Extensions.Logging;

namespace Gateway.Storage.History;

/// <summary>
/// What values were, minute by minute and, of days past, hour by hour, in a database file of bounded size: the oldest minutes make room first, then the
/// oldest hours. Trouble with the file costs what it holds and nothing else; a damaged one is begun anew. Blocking. Thread-safe.
/// </summary>
/// <param name="path">The file; its folder is made if it is not there. Opened by the first call.</param>
/// <param name="maxBytes">What it may take, bytes.</param>
/// <param name="logger">Takes trouble with the file.</param>
public sealed class HistoryStore(string path, long maxBytes, ILogger<HistoryStore> logger) : IDisposable
{
    /// <summary>How long the stretches are that are written together, milliseconds.</summary>
    public const long Block = HistoryDatabase.Quarter;

    /// <summary>How long the shortest stretches are, milliseconds.</summary>
    public const long Shortest = HistoryDatabase.Minute;

    private readonly Lock _gate = new();
    private HistoryDatabase? _database;
    private string? _trouble;
    private long _bytesBefore;
    private bool _isClosed;

    /// <summary>Written to the disk since the start, bytes.</summary>
    public long BytesWritten
    {
        get
        {
            lock (_gate)
            {
                return _bytesBefore + (_database?.BytesWritten ?? 0);
            }
        }
    }

    /// <summary>Adds the minutes of a quarter of an hour to what there is of it.</summary>
    /// <param name="start">When it began, milliseconds since 1970, UTC; a multiple of <see cref="Block"/>.</param>
    /// <param name="minutes">The minutes of each point, by its name.</param>
    /// <returns>Whether they are on the disk.</returns>
    public bool TryWrite(long start, IReadOnlyCollection<KeyValuePair<string, IReadOnlyList<HistoryEntry>>> minutes) =>
        TryUse(database => database.Write(start, minutes, maxBytes));

    /// <summary>What a point's values were, in order of time; empty if the file cannot be read.</summary>
    /// <param name="name">The point.</param>
    /// <param name="from">The first time, milliseconds since 1970, UTC.</param>
    /// <param name="to">The time behind the last.</param>
    /// <param name="step">How fine it has to be, milliseconds: from an hour on, hours do.</param>
    public IReadOnlyList<HistoryEntry> Read(string name, long from, long to, long step)
    {
        List<HistoryEntry> entries = [];
        TryUse(database => entries = database.Read(name, from, to, step));
        return entries;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            Close();
        }
    }

    private bool TryUse(Action<HistoryDatabase> use)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            try
            {
                use(_database ??= HistoryDatabase.Open(path));
                _trouble = null;
                return true;
            }
            catch (Exception exception) when (DiskTrouble.Is(exception))
            {
                Suffer(exception);
                return false;
            }
        }
    }

    private void Suffer(Exception exception)
    {
        Close();
        var trouble = DiskTrouble.Describe(exception, path);
        if (_trouble != trouble)
        {
            _trouble = trouble;
            Log.HistoryNotKept(logger, trouble);
        }

        if (DiskTrouble.IsCorruption(exception))
        {
            try
            {
                // Charts of the past are not worth the room that a damaged file takes.
                SqliteFile.Delete(path);
            }
            catch (Exception again) when (DiskTrouble.Is(again))
            {
                // Tried again with the next use.
            }
        }
    }

    private void Close()
    {
        if (_database is not null)
        {
            _bytesBefore += _database.BytesWritten;
            _database.Dispose();
            _database = null;
        }
    }
}
