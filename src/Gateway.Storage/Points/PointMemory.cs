using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Storage.Sqlite;
using Microsoft.Extensions.Logging;

namespace Gateway.Storage.Points;

/// <summary>
/// What points keep over restarts, in memory and in a database file. Values are written in groups, none later than it may be lost for;
/// a group takes along what is half as urgent, so that writes stay few. A file that is damaged or cannot be used costs no more than what
/// was not written by then: the gateway goes on from memory, and the file is tried again. Thread-safe.
/// </summary>
public sealed partial class PointMemory : IPointMemory, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Counts of years are not given up for a card that is slow while the machine starts.
    private static readonly TimeSpan LoadPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRetryDelay = TimeSpan.FromMinutes(1);

    private readonly string _path;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<PointKey, Cell> _cells = [];
    private readonly LinkedList<PointKey> _order = []; // of the cells; the longest-unsaved first
    private readonly HashSet<PointKey> _forgotten = []; // gave way, and are in the file still
    private readonly CancellationTokenSource _stopping = new();
    private readonly DiskWatch _watch;
    private PointDatabase? _database;
    private Task _writing = Task.CompletedTask;
    private bool _isLate;
    private bool _isStallTold; // the watch's
    private bool _isUnread;
    private bool _isFullTold;
    private TimeSpan _retryDelay;
    private long _retryFrom;
    private long _bytesBefore;
    private volatile string? _trouble;
    private long _bytesWritten;
    private long _commits;

    private PointMemory(string path, TimeProvider timeProvider, ILogger logger)
    {
        (_path, _timeProvider, _logger) = (path, timeProvider, logger);

        // By the machine's time: a disk takes that.
        _watch = new DiskWatch(DiskWatch.UsualPatience, TimeProvider.System, _ => OnSlow(), OnQuick);
    }

    /// <summary>What is wrong with the file, one sentence without a full stop; null if nothing is. A disk that does not answer shows within 2 s.</summary>
    public string? Trouble => _trouble ?? DescribeStall();

    /// <summary>Written to the disk since the opening, bytes.</summary>
    public long BytesWritten => Interlocked.Read(ref _bytesWritten);

    /// <summary>Groups of values that were written since the opening.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>
    /// Reads the file. Trouble with it does not fail this, nor does a disk that does not answer within 15 s: what there was is set aside then, as if it could not
    /// be read, once the disk is back.
    /// </summary>
    /// <param name="path">The database file; its folder is made if it is not there. Belongs to one memory.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Takes trouble with the file.</param>
    public static async Task<PointMemory> OpenAsync(string path, TimeProvider timeProvider, ILogger<PointMemory> logger)
    {
        var memory = new PointMemory(path, timeProvider, logger);
        var loading = Task.Run(memory.LoadAsync);
        try
        {
            await loading.WaitAsync(LoadPatience, timeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            memory.GoOnWithoutFile();
        }

        var timer = new PeriodicTimer(Tick, timeProvider); // ticks from now on, however long the thread takes to begin
        memory._writing = Task.Run(() => memory.WriteAsync(loading, timer));
        return memory;
    }

    /// <inheritdoc/>
    public decimal? Load(PointDefinition point, string key)
    {
        ArgumentNullException.ThrowIfNull(point);
        lock (_gate)
        {
            return _cells.TryGetValue(new PointKey(point.DeviceName, point.Name, key), out var cell) ? cell.Value : null;
        }
    }

    /// <inheritdoc/>
    public void Save(PointDefinition point, string key, decimal value, TimeSpan within)
    {
        ArgumentNullException.ThrowIfNull(point);
        var place = new PointKey(point.DeviceName, point.Name, key);
        lock (_gate)
        {
            if (!_cells.TryGetValue(place, out var cell))
            {
                if (_cells.Count >= PointDatabase.MaxRows)
                {
                    ForgetOldest();
                }

                cell = Add(place);
            }
            else
            {
                _order.Remove(cell.Place);
                _order.AddLast(cell.Place);
                if (cell.Value == value)
                {
                    return;
                }
            }

            cell.Value = value;
            if (cell.Since is not { } since)
            {
                (cell.Since, cell.Within) = (_timeProvider.GetTimestamp(), within);
            }
            else if (_timeProvider.GetElapsedTime(since) + within is var sooner && sooner < cell.Within)
            {
                cell.Within = sooner;
            }
        }
    }

    /// <summary>Writes what is not written yet, and closes the file; gives up after 5 s on a disk that hangs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        try
        {
            await _writing.WaitAsync(Patience, _timeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Log.PointsInMemory(_logger, DescribeHang());
        }

        await _watch.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task WriteAsync(Task loading, PeriodicTimer timer)
    {
        using var ticking = timer;
        await loading.ConfigureAwait(false);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                if (_timeProvider.GetElapsedTime(_retryFrom) >= _retryDelay)
                {
                    Write(isLast: false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            Write(isLast: true);
            Close();
        }
    }

    private void Write(bool isLast)
    {
        var rows = TakeDue(isLast, out var forgotten, out var since);
        if (rows.Count == 0)
        {
            return;
        }

        _watch.Ask();
        try
        {
            Open().Save(rows, forgotten, _timeProvider.GetUtcNow());
            Interlocked.Exchange(ref _bytesWritten, _bytesBefore + _database!.BytesWritten);
            Interlocked.Increment(ref _commits);
            _retryDelay = TimeSpan.Zero;
            if (_trouble is not null)
            {
                _trouble = null;
                Log.PointsOnDisk(_logger, _path);
            }
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            GiveBack(rows, forgotten, since);
            Suffer(exception);
        }
        finally
        {
            _watch.Rest();
        }
    }

    // What is due, and what will be within half of the time that it may take.
    private List<PointRow> TakeDue(bool isLast, out List<PointKey> forgotten, out long since)
    {
        var rows = new List<PointRow>();
        lock (_gate)
        {
            forgotten = [];
            since = _timeProvider.GetTimestamp();
            var isDue = isLast;
            foreach (var cell in _cells.Values)
            {
                isDue |= cell.Since is { } from && _timeProvider.GetElapsedTime(from) + Tick >= cell.Within;
            }

            foreach (var (key, cell) in _cells)
            {
                if (isDue && cell.Since is { } from && (isLast || _timeProvider.GetElapsedTime(from) + Tick >= cell.Within / 2))
                {
                    rows.Add(new PointRow(key, cell.Value));
                    cell.Since = null;
                }
            }

            if (rows.Count > 0)
            {
                forgotten.AddRange(_forgotten);
                _forgotten.Clear();
            }
        }

        return rows;
    }

    private void GiveBack(List<PointRow> rows, List<PointKey> forgotten, long since)
    {
        lock (_gate)
        {
            foreach (var row in rows)
            {
                if (_cells.TryGetValue(row.Key, out var cell))
                {
                    cell.Since ??= since;
                }
            }

            _forgotten.UnionWith(forgotten.Where(key => !_cells.ContainsKey(key)));
        }
    }

    private Cell Add(PointKey place)
    {
        var cell = new Cell(_order.AddLast(place));
        _cells.Add(place, cell);
        _forgotten.Remove(place);
        return cell;
    }

    private void ForgetOldest()
    {
        var oldest = _order.First!.Value;
        _order.RemoveFirst();
        _cells.Remove(oldest);
        _forgotten.Add(oldest);
        if (!_isFullTold)
        {
            _isFullTold = true;
            Log.PointsFull(_logger, PointDatabase.MaxRows, oldest.Device, oldest.Point);
        }
    }

    private sealed class Cell(LinkedListNode<PointKey> place)
    {
        public LinkedListNode<PointKey> Place { get; } = place;

        public decimal Value { get; set; }

        /// <summary>Since when it is not on the disk; null: it is.</summary>
        public long? Since { get; set; }

        /// <summary>How long it may not be.</summary>
        public TimeSpan Within { get; set; }
    }
}
