using Gateway.Storage.Queue;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// What the offline queue says of itself, with what takes two looks: how fast it empties, and when it will be full. Looks every ten seconds and
/// tells what has become of it then, and of trouble with the disk within a second. Thread-safe.
/// </summary>
internal sealed class QueueMeter : IDisposable
{
    private const int Looks = 7; // a minute

    private const int TicksBetweenLooks = 10;

    private const int LooksBetweenMarks = 6;

    private const int Marks = 61; // an hour

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly OfflineQueue _queue;
    private readonly TimeProvider _timeProvider;
    private readonly Lock _gate = new();
    private readonly Queue<Look> _looks = new();
    private readonly Queue<(long Timestamp, long BytesWritten)> _marks = new();
    private readonly Action<QueueStatus> _looked;
    private readonly ITimer _timer;
    private string? _trouble;
    private int _ticks;
    private int _looksSinceMark;

    /// <param name="queue">The queue.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="looked">Is told every ten seconds, and when trouble comes, changes or goes.</param>
    public QueueMeter(OfflineQueue queue, TimeProvider timeProvider, Action<QueueStatus> looked)
    {
        (_queue, _timeProvider, _looked) = (queue, timeProvider, looked);
        _looks.Enqueue(See(queue.GetStatistics()));
        Mark(queue.GetStatistics());
        _timer = timeProvider.CreateTimer(_ => OnTick(), null, Tick, Tick);
    }

    public QueueStatus Status
    {
        get
        {
            lock (_gate)
            {
                return Describe(_queue.GetStatistics());
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void OnTick()
    {
        if (LookAgain() is { } status)
        {
            _looked(status);
        }
    }

    private QueueStatus? LookAgain()
    {
        lock (_gate)
        {
            var queue = _queue.GetStatistics();
            _ticks = (_ticks + 1) % TicksBetweenLooks;
            if (_ticks != 0)
            {
                var isNews = queue.Trouble != _trouble;
                _trouble = queue.Trouble;
                return isNews ? Describe(queue) : null;
            }

            _trouble = queue.Trouble;
            var status = Describe(queue);
            _looks.Enqueue(See(queue));
            if (_looks.Count > Looks)
            {
                _looks.Dequeue();
            }

            _looksSinceMark = (_looksSinceMark + 1) % LooksBetweenMarks;
            if (_looksSinceMark == 0)
            {
                Mark(queue);
            }

            return status;
        }
    }

    private void Mark(QueueStatistics queue)
    {
        _marks.Enqueue((_timeProvider.GetTimestamp(), queue.BytesWritten));
        if (_marks.Count > Marks)
        {
            _marks.Dequeue();
        }
    }

    private Look See(QueueStatistics queue) => new(_timeProvider.GetTimestamp(), queue.Acknowledged, queue.UsedBytes, queue.UnwrittenBytes, CountFull(queue));

    private QueueStatus Describe(QueueStatistics queue)
    {
        var before = _looks.Peek();
        var seconds = Math.Max(1, _timeProvider.GetElapsedTime(before.Timestamp).TotalSeconds);
        var (markedAt, writtenBefore) = _marks.Peek();
        var days = Math.Max(60, _timeProvider.GetElapsedTime(markedAt).TotalSeconds) / 86_400;
        return new QueueStatus(queue.Depth, queue.DiskBytes, queue.OldestTime, queue.Dropped, queue.Trouble)
        {
            Rate = Math.Round((queue.Acknowledged - before.Acknowledged) / seconds, 1),
            HoursLeft = queue.Depth > 0 ? EstimateHoursLeft(queue, before, seconds) : null,
            WrittenPerDay = (long)((queue.BytesWritten - writtenBefore) / days),
            Parked = queue.Parked,
            Uplinks = [.. _queue.Readers.Select(reader => new QueueUplinkStatus(reader.Name, reader.Waiting))],
            DroppedSinceStart = queue.Dropped - queue.DroppedBefore,
            Drops = QueueDropStatus.Of(queue.Drops),
        };
    }

    // Full is what drops for want of room, or has none. Without the disk there is memory alone.
    private static double? EstimateHoursLeft(QueueStatistics queue, Look before, double seconds)
    {
        var (used, limit, usedBefore) = queue.Health == QueueHealth.MemoryOnly
            ? (queue.UnwrittenBytes, queue.MemoryLimitBytes, before.UnwrittenBytes)
            : (queue.UsedBytes, queue.LimitBytes, before.UsedBytes);
        var growth = (used - usedBefore) / seconds;
        return used >= limit || CountFull(queue) > before.Full ? 0
            : growth > 0 ? Math.Round((limit - used) / growth / 3600, 1)
            : null;
    }

    private static long CountFull(QueueStatistics queue) =>
        queue.Drops.Where(drops => drops.Reason is not (DropReason.Expired or DropReason.Parked or DropReason.Unwritten or DropReason.Held or DropReason.Damaged)).Sum(drops => drops.Count);

    private readonly record struct Look(long Timestamp, long Acknowledged, long UsedBytes, long UnwrittenBytes, long Full);
}
