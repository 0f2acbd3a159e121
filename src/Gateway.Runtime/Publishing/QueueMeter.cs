using Gateway.Storage.Queue;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// What the offline queue says of itself, with what takes two looks: how fast it empties, and when it will be full. Looks every ten seconds and
/// tells what has become of it then. Thread-safe.
/// </summary>
internal sealed class QueueMeter : IDisposable
{
    private const int Looks = 7; // a minute

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly OfflineQueue _queue;
    private readonly TimeProvider _timeProvider;
    private readonly Lock _gate = new();
    private readonly Queue<Look> _looks = new();
    private readonly long _started;
    private readonly ITimer _timer;

    /// <param name="queue">The queue.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="looked">Is told every ten seconds.</param>
    public QueueMeter(OfflineQueue queue, TimeProvider timeProvider, Action<QueueStatus> looked)
    {
        (_queue, _timeProvider, _started) = (queue, timeProvider, timeProvider.GetTimestamp());
        _looks.Enqueue(See(queue.GetStatistics()));
        _timer = timeProvider.CreateTimer(_ => looked(LookAgain()), null, Period, Period);
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

    private QueueStatus LookAgain()
    {
        lock (_gate)
        {
            var queue = _queue.GetStatistics();
            var status = Describe(queue);
            _looks.Enqueue(See(queue));
            if (_looks.Count > Looks)
            {
                _looks.Dequeue();
            }

            return status;
        }
    }

    private Look See(QueueStatistics queue) => new(_timeProvider.GetTimestamp(), queue.Acknowledged, queue.UsedBytes);

    private QueueStatus Describe(QueueStatistics queue)
    {
        var before = _looks.Peek();
        var seconds = Math.Max(1, _timeProvider.GetElapsedTime(before.Timestamp).TotalSeconds);
        var growth = (queue.UsedBytes - before.UsedBytes) / seconds;
        var days = Math.Max(60, _timeProvider.GetElapsedTime(_started).TotalSeconds) / 86_400;
        return new QueueStatus(queue.Depth, queue.DiskBytes, queue.OldestTime, queue.Dropped, queue.Trouble)
        {
            Rate = Math.Round((queue.Acknowledged - before.Acknowledged) / seconds, 1),
            HoursLeft = growth > 0 && queue.Depth > 0 ? Math.Round(Math.Max(0, queue.LimitBytes - queue.UsedBytes) / growth / 3600, 1) : null,
            WrittenPerDay = (long)(queue.BytesWritten / days),
            Drops = [.. queue.Drops.Select(drops => new QueueDropStatus(drops.Device, NameOf(drops.Reason), drops.Count))],
        };
    }

    private static string NameOf(DropReason reason) => reason switch
    {
        DropReason.Oldest => "oldest",
        DropReason.Thinned => "thinned",
        DropReason.Newest => "newest",
        DropReason.Refused => "refused",
        _ => "expired",
    };

    private readonly record struct Look(long Timestamp, long Acknowledged, long UsedBytes);
}
