using System.Collections.Concurrent;
using Gateway.Abstractions;
using Gateway.Runtime.Mapping;
using Gateway.Storage.History;

namespace Gateway.Web.History;

/// <summary>
/// What values were, for the page's charts: the last hour in memory, and before it minutes and hours on the disk, written every quarter of an hour.
/// Numbers and bits of at most a thousand points; texts and lists have no chart. Thread-safe.
/// </summary>
internal sealed class Trends : IMeasurementObserver, IAsyncDisposable
{
    /// <summary>The depth of the queue, as if it were a point.</summary>
    public const string QueueDepth = "$queue.depth";

    /// <summary>How many points are kept.</summary>
    public const int MostPoints = 1_000;

    private const int LookSeconds = 5;

    private readonly ConcurrentDictionary<(string Device, string Point), PointTrend> _trends = [];
    private readonly IStatusSource _source;
    private HistoryStore? _store;
    private readonly TimeProvider _timeProvider;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _writing;
    private long _writtenUntil;

    /// <param name="source">Tells the depth of the queue.</param>
    /// <param name="store">What is on the disk; null: nothing is. Disposed with this.</param>
    /// <param name="timeProvider">The clock.</param>
    public Trends(IStatusSource source, HistoryStore? store, TimeProvider timeProvider)
    {
        _source = source;
        _store = store;
        _timeProvider = timeProvider;
        _writtenUntil = Now - (Now % HistoryStore.Block);
        _writing = RunAsync();
    }

    /// <summary>The time now, UTC.</summary>
    public DateTimeOffset Time => _timeProvider.GetUtcNow();

    private long Now => Time.ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public void Observe(in Measurement measurement)
    {
        if (NumberOf(measurement.Value) is { } number)
        {
            var isGood = measurement.Quality is Quality.Good or Quality.Uncertain;
            FindOrAdd(measurement.Device, measurement.Point)?.Add(measurement.Time.ToUnixTimeMilliseconds(), isGood ? number : null);
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
        var name = NameOf(device, point);
        var older = Volatile.Read(ref _store)?.Read(name, from, recent.Count == 0 ? to : Math.Min(to, recent[0].Time), step) ?? [];
        var brokenSince = trend?.BrokenSince is { } since && since < to ? since : (long?)null;
        return TrendSeries.Create(name, unit, older.Concat(recent), brokenSince, step);
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

    private PointTrend? FindOrAdd(string device, string point) =>
        _trends.TryGetValue((device, point), out var trend) ? trend : _trends.Count < MostPoints ? _trends.GetOrAdd((device, point), static _ => new PointTrend()) : null;

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(LookSeconds), _timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                FindOrAdd("$queue", "depth")?.Add(Now, _source.QueueDepth);
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
        foreach (var (name, trend) in _trends)
        {
            if (trend.IsOlderThan(Now - (PointTrend.Most * PointTrend.Step)))
            {
                _trends.TryRemove(name, out _);
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
