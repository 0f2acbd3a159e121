using Microsoft.Extensions.Logging;

namespace Gateway.Storage.Queue;

/// <summary>
/// The one thread that touches the queue's file: commits what is due, reads pages, deletes what is acknowledged or too much, and
/// keeps trying while the disk is in trouble.
/// </summary>
internal sealed partial class QueueWriter
{
    /// <summary>The longest an acknowledged record stays on an idle disk.</summary>
    public static readonly TimeSpan DeletionDelay = TimeSpan.FromSeconds(5);

    /// <summary>Acknowledged records that are deleted without waiting for <see cref="DeletionDelay"/>.</summary>
    public const int DeletionBatch = 4096;

    private const int MaxBatchRecords = 2000;
    private const int MaxPageBytes = 1_000_000;
    private const int ShrinkPages = 2048;
    private const int WorthDeleting = 200_000;
    private const int ThinnedAtOnce = 2000;
    private const int CountedAtOnce = 20_000;
    private const int MaxSavedRanges = 1000;
    private static readonly TimeSpan MaintenancePeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRetryDelay = TimeSpan.FromMinutes(1);

    private readonly QueueOptions _options;
    private readonly QueueBuffer _buffer;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<MemoryTail.Entry> _batch = [];
    private readonly List<QueueRecord> _inserts = [];
    private readonly List<QueueRecord> _page = [];
    private readonly List<RemovedRecord> _removed = [];
    private readonly List<RemovedRecord> _thinned = [];
    private FileStream? _lock;
    private QueueStore? _store;
    private bool _isWritable;
    private TimeSpan _retryDelay;
    private long _retryFrom;
    private long _deletedAt;
    private long _maintainedAt;
    private long _thinnedThrough;
    private long _countedThrough; // of what the file held when it was opened
    private long _countThrough;
    private long _bytesWrittenBefore;
    private long _commitsBefore;
    private volatile bool _isStopping;
    private volatile QueueStatistics _statistics = QueueStatistics.Empty;

    public QueueWriter(QueueOptions options, QueueBuffer buffer, TimeProvider timeProvider, ILogger logger)
    {
        (_options, _buffer, _timeProvider, _logger) = (options, buffer, timeProvider, logger);
        _deletedAt = _maintainedAt = timeProvider.GetTimestamp();
        _thread = new Thread(Run) { IsBackground = true, Name = "queue writer" };
        _thread.Start();
    }

    /// <summary>Completes when the file is open or known not to be.</summary>
    public Task Opened => _opened.Task;

    /// <summary>Completes when everything is written and the file is closed, after <see cref="Stop"/>.</summary>
    public Task Ended => _ended.Task;

    /// <summary>What is known here: health, disk and bytes. The rest is the buffer's.</summary>
    public QueueStatistics Statistics => _statistics;

    private bool IsAcceptedByCommit => _options.MaxLoss == TimeSpan.Zero;

    public void Stop()
    {
        _isStopping = true;
        _buffer.Alarm.RingNow();
    }

    private void Run()
    {
        try
        {
            Attempt(() => { });
            _opened.TrySetResult();
            while (!_isStopping)
            {
                Turn();
                _buffer.Alarm.Wait();
            }

            Finish();
        }
        catch (Exception exception)
        {
            // A fault in this code, not in the disk: readings go on from memory, and the log says why.
            Log.QueueWriterFailed(_logger, exception);
            _buffer.Detach();
            _buffer.SecureFromMemory();
            _statistics = _statistics with { Health = QueueHealth.MemoryOnly, Trouble = "the queue's writer failed; restart the gateway" };
        }
        finally
        {
            _store?.Dispose();
            _lock?.Dispose();
            _opened.TrySetResult();
            _ended.TrySetResult();
        }
    }

    private void Turn()
    {
        Attempt(Work);
        if (_statistics.Health == QueueHealth.MemoryOnly)
        {
            var untilRetry = _retryDelay - _timeProvider.GetElapsedTime(_retryFrom);
            _buffer.Alarm.RingWithin(untilRetry > TimeSpan.Zero ? untilRetry : TimeSpan.Zero);
            _buffer.ExpirePending(_timeProvider.GetUtcNow() - _options.MaxAge);
            if (IsAcceptedByCommit)
            {
                _buffer.AcceptFromMemory(MaxBatchRecords, _batch);
            }

            _buffer.SecureFromMemory();
        }
        else
        {
            _buffer.SetAlarm();
        }

        _buffer.Alarm.RingWithin(MaintenancePeriod);
    }

    private void Work()
    {
        ServePages();
        if (_buffer.IsPendingFor(_isWritable ? _options.MaxLoss / 2 : TimeSpan.Zero))
        {
            CommitPending();
        }

        var (floor, acknowledged) = _buffer.GetDeletion(isDone: false);
        var untilDeletion = DeletionDelay - _timeProvider.GetElapsedTime(_deletedAt);
        if (acknowledged >= DeletionBatch || (acknowledged > 0 && untilDeletion <= TimeSpan.Zero))
        {
            Delete();
        }
        else if (acknowledged > 0)
        {
            _buffer.Alarm.RingWithin(untilDeletion);
        }

        CountOn();
        Expire(floor);
        if (_timeProvider.GetElapsedTime(_maintainedAt) >= MaintenancePeriod)
        {
            _maintainedAt = _timeProvider.GetTimestamp();
            _store!.Shrink(ShrinkPages);
        }
    }

    private void CommitPending()
    {
        do
        {
            CommitBatch();
            ServePages();
        }
        while (_buffer.IsPendingFor(_isStopping || _batch.Count == MaxBatchRecords ? TimeSpan.Zero : _options.MaxLoss / 2));
    }

    private void CommitBatch()
    {
        _batch.Clear();
        _inserts.Clear();
        _removed.Clear();
        _thinned.Clear();
        _buffer.TakeBatch(MaxBatchRecords, _options.MaxBatchBytes, _batch, _inserts);
        if (_inserts.Count > 0)
        {
            _store!.Begin();
            DeleteAcknowledged(_buffer.GetDeletion(isDone: true).Through);
            MakeRoom();
            foreach (var record in _inserts)
            {
                _store.Insert(record);
            }

            _store.Commit();
            _buffer.CountLosses(_removed, DropReason.Oldest);
            _buffer.CountScatteredLosses(_thinned, DropReason.Thinned);
            _buffer.SetUsedBytes(_store.UsedBytes);
        }

        _buffer.CompleteBatch(_batch);
    }

    private void MakeRoom()
    {
        if (_options.WhenFull is FullPolicy.DropNewest or FullPolicy.Block)
        {
            return;
        }

        var needed = _inserts.Sum(record => (long)record.DiskCost);
        var limit = _options.GetRecordLimit(_store!.UsedBytes);
        var before = -1;
        while (_store.UsedBytes + needed > limit && _removed.Count + _thinned.Count > before)
        {
            before = _removed.Count + _thinned.Count;
            CountThrough(_countThrough);
            if (_options.WhenFull == FullPolicy.DropOldest || !TryThinOut())
            {
                _store.DropOldest(Math.Max(_inserts.Count, 64), _removed);
            }
        }
    }

    /// <summary>Goes once through the older half, a stretch at a time, and then begins anew. False if that would not help.</summary>
    private bool TryThinOut()
    {
        for (var pass = 0; pass < 2; pass++)
        {
            var first = _store!.GetFirst(0)?.Position ?? 0;
            var middle = first + ((_store.GetLast() - first) / 2);
            while (_thinnedThrough < middle)
            {
                var before = _thinned.Count;
                _thinnedThrough = _store.ThinOut(Math.Max(_thinnedThrough, first - 1), ThinnedAtOnce, _thinned);
                if (_thinned.Count > before)
                {
                    return true;
                }
            }

            _thinnedThrough = 0;
        }

        return false;
    }

    private void Delete()
    {
        var through = _buffer.GetDeletion(isDone: true).Through;
        _deletedAt = _timeProvider.GetTimestamp();
        while (_store!.GetFirst(0) is { } first && first.Position <= through)
        {
            _store.Begin();
            DeleteAcknowledged(through);
            _store.Commit();
            ServePages();
        }

        if (_buffer.TakeScatteredDeletions() is { Count: > 0 } scattered)
        {
            CountThrough(scattered[^1].To);
            _store.Begin();
            scattered.ForEach(range => _store.DeleteRange(range.From, range.To));
            _store.Commit();
        }

        // Where one reader alone is, what it has acknowledged is no longer in the file.
        if (_buffer.Readers.Count > 1 && _store.GetFirst(0) is not null)
        {
            _store.Begin();
            _store.SaveAcknowledged(_buffer.GetAcknowledged(MaxSavedRanges));
            _store.Commit();
        }

        _buffer.SetUsedBytes(_store.UsedBytes);
    }

    /// <summary>A bounded number, so that no transaction grows with the backlog.</summary>
    private void DeleteAcknowledged(long through)
    {
        if (_store!.GetFirst(0) is { } first && first.Position <= through)
        {
            var end = Math.Min(through, first.Position + (4 * DeletionBatch));
            CountThrough(end);
            _store.DeleteThrough(end);
        }
    }

    private void Expire(long floor)
    {
        var before = _timeProvider.GetUtcNow() - _options.MaxAge;
        while (_store!.GetFirst(floor) is { } first && first.Time < before)
        {
            _removed.Clear();
            CountThrough(_countThrough);
            _store.Begin();
            _store.DeleteThrough(floor);
            _store.Expire(before, DeletionBatch, _removed);
            _store.Commit();
            _buffer.CountLosses(_removed, DropReason.Expired);
            ServePages();
        }
    }

    private void ServePages()
    {
        while (_buffer.GetPageRequest() is { } wanted)
        {
            _page.Clear();
            var isLast = _store!.Read(wanted.Lane.IsUrgentOnly, wanted.After, wanted.Through, QueueReader.PageRecords, MaxPageBytes, _page);
            _buffer.TakePage(wanted, _page, isLast);
        }
    }

    /// <summary>Counts what the file held, a little at a time. Damage shows here and not in the middle of a drain.</summary>
    private void CountOn()
    {
        if (_countedThrough < _countThrough)
        {
            CountThrough(_countedThrough + CountedAtOnce);
            if (_countedThrough >= _countThrough)
            {
                Log.QueueCounted(_logger, _buffer.Depth);
            }

            _buffer.Alarm.RingNow();
        }
    }

    /// <summary>Nothing is deleted before it was counted: until then each position was taken for a record.</summary>
    private void CountThrough(long through)
    {
        through = Math.Min(through, _countThrough);
        while (_countedThrough < through)
        {
            var gap = (_store!.GetFirst(_countedThrough)?.Position ?? long.MaxValue) - 1;
            var end = gap >= through ? through : Math.Min(through, gap + CountedAtOnce);
            _buffer.CorrectStoredCount(end - _countedThrough - _store.Count(_countedThrough, end));
            _countedThrough = end;
        }
    }

    private void Finish()
    {
        _retryDelay = TimeSpan.Zero;
        Attempt(() =>
        {
            CommitPending();
            Delete();
            _store!.EndBoot(_buffer.GetLastPosition());
        });
        if (_buffer.GetPendingCount() is > 0 and var records)
        {
            Log.QueueClosedUnwritten(_logger, records);
        }
    }
}
