using System.Collections.Concurrent;
using Gateway.Abstractions;
using Gateway.Runtime.Mapping;
using Gateway.Storage.History;

namespace Gateway.Web.History;

/// <summary>
/// What values were, for the page's charts: the last hour in memory, and before it minutes and hours on the disk, written every quarter of an hour.
/// Numbers and bits of at most a thousand points, and the queue's depth; texts and lists have no chart. Thread-safe.
/// </summary>
internal sealed class Trends : IMeasurementObserver, IAsyncDisposable
{
    /// <summary>The depth of the queue, as if it were a point.</summary>
    public const string QueueDepth = "$queue.depth";

    /// <summary>How many points are kept, the queue not counted.</summary>
    public const int MostPoints = 1_000;

    // More are counted as so many.
    private const int MostLeftOut = 10_000;

    private static readonly (string Device, string Point) Queue = ("$queue", "depth");

    private const int LookSeconds = 5;

    private readonly ConcurrentDictionary<(string Device, string Point), PointTrend> _trends = [];
    private readonly ConcurrentDictionary<(string Device, string Point), long> _leftOut = []; // when it last had a value
    private readonly IStatusSource _source;
    private readonly ILogger _logger;
    private HistoryStore? _store;
    private readonly TimeProvider _timeProvider;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _writing;
    private long _writtenUntil;

    /// <param name="source">Tells the depth of the queue.</param>
    /// <param name="store">What is on the disk; null: nothing is. Disposed with this.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Is told when points find no room.</param>
    public Trends(IStatusSource source, HistoryStore? store, TimeProvider timeProvider, ILogger logger)
    {
        _logger = logger;
        _trends[Queue] = new PointTrend();
        _source = source;
        _store = store;
        _timeProvider = timeProvider;
        _writtenUntil = Now - (Now % HistoryStore.Block);
        _writing = RunAsync();
    }

    /// <summary>How many points have values and no room for them.</summary>
    public int LeftOut => _leftOut.Count;

    /// <summary>The time now, UTC.</summary>
    public DateTimeOffset Time => _timeProvider.GetUtcNow();

    private long Now => Time.ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public void Observe(in Measurement measurement)
    {
        if (NumberOf(measurement.Value) is { } number)
        {
            var isGood = measurement.Quality is Quality.Good or Quality.Uncertain;
            FindOrAdd((measurement.Device, measurement.Point))?.Add(measurement.Time.ToUnixTimeMilliseconds(), isGood ? number : null);
        }
        else if (measurement.Value.Kind == PointValueKind.None && _trends.TryGetValue((measurement.Device, measurement.Point), out var trend))
        {
            trend.Add(measurement.Time.ToUnixTimeMilliseconds(), null);
        }
    }

    /// <summary>What a point's values were.</summary>
    /// <param name="device">Its device.</param>
    /// <param name="point">Its name there.</param>
    /// <param name="unit">Its unit of measurement.</param>
    /// <param name="from">The first time, milliseconds since 1970, UTC.</param>
    /// <param name="to">The time behind the last.</param>
    /// <param name="buckets">How many stretches there may be.</param>
    public TrendSeries Read(string device, string point, string? unit, long from, long to, int buckets)
    {
        var step = Math.Max((to - from) / buckets, 1);
        var trend = _trends.GetValueOrDefault((device, point));
        var recent = trend?.Read(from, to) ?? [];
        if (recent.Count == 0 && trend?.ReadAround(from, to) is { Count: > 0 } around)
        {
            recent = around;
            from = Math.Min(from, around[0].Time);
        }

        var name = NameOf(device, point);
        var older = Volatile.Read(ref _store)?.Read(name, from, recent.Count == 0 ? to : Math.Min(to, recent[0].Time), step) ?? [];
        var brokenSince = trend?.BrokenSince is { } since && since < to ? since : (long?)null;
        var note = trend is null && _leftOut.ContainsKey((device, point)) ? $"There is no room for this point: what {MostPoints} others were is kept already." : null;
        return TrendSeries.Create(name, unit, older.Concat(recent), brokenSince, step) with { Note = note };
    }

    /// <summary>Keeps what values were in another store from now on, with all that is in memory.</summary>
    /// <param name="open">Opens it, once the one of before is closed; null: nothing is on the disk.</param>
    public void KeepIn(Func<HistoryStore?> open)
    {
        Interlocked.Exchange(ref _store, null)?.Dispose();
        Volatile.Write(ref _store, open());
    }

    /// <summary>Writes what is not written yet, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _writing;
        _stopping.Dispose();
        _store?.Dispose();
    }

    private static string NameOf(string device, string point) => $"{device}.{point}";

    private static double? NumberOf(in PointValue value) =>
        value.Kind switch
        {
            PointValueKind.Boolean => value.AsBoolean ? 1 : 0,
            PointValueKind.Single => float.IsFinite(value.AsSingle) ? value.AsSingle : null,
            PointValueKind.Double => double.IsFinite(value.AsDouble) ? value.AsDouble : null,
            _ => value.TryGetNumber(out var number) ? (double)number : null,
        };

    private PointTrend? FindOrAdd((string Device, string Point) name)
    {
        if (_trends.TryGetValue(name, out var trend))
        {
            return trend;
        }

        if (_trends.Count <= MostPoints)
        {
            _leftOut.TryRemove(name, out _);
            return _trends.GetOrAdd(name, static _ => new PointTrend());
        }

        if (_leftOut.ContainsKey(name) || _leftOut.Count < MostLeftOut)
        {
            if (_leftOut.IsEmpty)
            {
                Log.HistoryIsFull(_logger, name.Device, name.Point, MostPoints);
            }

            _leftOut[name] = Now;
        }

        return null;
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(LookSeconds), _timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                _trends[Queue].Add(Now, _source.QueueDepth);
                WriteUntil(Now - (Now % HistoryStore.Block));
                Forget();
            }
        }
        catch (OperationCanceledException)
        {
            WriteUntil(Now);
        }
    }

    // Points that maps no longer have make room for others.
    private void Forget()
    {
        var oldest = Now - (PointTrend.Most * PointTrend.Step);
        foreach (var (name, trend) in _trends)
        {
            if (name != Queue && trend.IsOlderThan(oldest))
            {
                _trends.TryRemove(name, out _);
            }
        }

        foreach (var (name, time) in _leftOut)
        {
            if (time < oldest)
            {
                _leftOut.TryRemove(name, out _);
            }
        }
    }

    private void WriteUntil(long end)
    {
        // An hour is all there is, and a clock that was set back has nothing to add.
        _writtenUntil = Math.Clamp(_writtenUntil, Math.Min(end, end - (PointTrend.Most * PointTrend.Step)), end);
        var store = Volatile.Read(ref _store);
        for (var start = _writtenUntil - (_writtenUntil % HistoryStore.Block); store is not null && start < end; start += HistoryStore.Block)
        {
            var minutes = _trends
                .Select(trend => KeyValuePair.Create(NameOf(trend.Key.Device, trend.Key.Point), HistoryEntry.Combine(trend.Value.Read(start, start + HistoryStore.Block), HistoryStore.Shortest)))
                .Where(point => point.Value.Count > 0)
                .ToList();
            if (minutes.Count > 0 && !store.TryWrite(start, minutes))
            {
                return; // tried again, as long as the hour lasts
            }

            _writtenUntil = Math.Min(start + HistoryStore.Block, end);
        }
    }
}
