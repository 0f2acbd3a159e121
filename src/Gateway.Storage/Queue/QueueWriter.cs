using Gateway.Storage.Sqlite;
using Gateway.Storage.Timing;
using Microsoft.Extensions.Logging;

namespace Gateway.Storage.Queue;

/// <summary>
/// The one thread that touches the queue's file: commits what is due, reads pages, deletes what is acknowledged or too much, and
/// keeps trying while the disk is in trouble.
/// </summary>
internal sealed partial class QueueWriter : IAsyncDisposable
{
    /// <summary>The longest an acknowledged record stays on an idle disk.</summary>
    public static readonly TimeSpan DeletionDelay = TimeSpan.FromSeconds(5);

    /// <summary>Acknowledged records that are deleted without waiting for <see cref="DeletionDelay"/>.</summary>
    public const int DeletionBatch = 4096;

    /// <summary>Records that are committed at once, at most.</summary>
    public const int MaxBatchRecords = 2000;

    private const int BatchesInTurn = 8;
    private const int DeletedAtOnce = 4 * DeletionBatch; // positions
    private const int MaxPageBytes = 1_000_000;
    private const int ShrinkPages = 2048;
    private const int WorthDeleting = 200_000;
    private const int DroppedAtOnce = 16_384;
    private const int ThinnedAtOnce = 2000; // records that are looked at in one transaction
    private const int StretchesAtOnce = 4;
    private const int KeptClear = 16; // this part of the room
    private const int CountedAtOnce = 20_000;
    private const int MaxSavedRanges = 10_000;
    private const int MostReadFailures = 4;
    private static readonly TimeSpan MaintenancePeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ClockCheckPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RoomCheckPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRetryDelay = TimeSpan.FromMinutes(1);

    private readonly QueueOptions _options;
    private readonly QueueBuffer _buffer;
    private readonly AcquisitionClock _clock;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly DiskWatch _watch;
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<MemoryTail.Entry> _batch = [];
    private readonly List<QueueRecord> _inserts = [];
    private readonly List<(string Reader, Departure Departure)> _departures = [];
    private readonly List<QueueRecord> _page = [];
    private readonly List<RemovedRecord> _removed = [];
    private readonly List<RemovedRecord> _thinned = [];
    private readonly List<MemoryTail.Entry> _acceptedMeanwhile = []; // the watch's
    private Thinning _thinning = new();
    private FileStream? _lock;
    private volatile string? _damage; // what is wrong with the file; its records are not in a new one yet
    private long? _badPlace; // of the file, which the disk did not give so many times
    private int _readFailures;
    private int _salvageFailures; // by errors of the disk
    private bool _isStartedOver; // the file was deleted here, with nothing in it that waits
    private bool _isOtherFile; // than the one of which the count is, and not compared with that yet
    private long _unsalvaged; // records that had no room in it
    private bool _isNumbered; // positions in memory follow those of the file
    private QueueStore? _store;
    private bool _isWritable;
    private bool _isStale; // opened anew before it is written again
    private TimeSpan _retryDelay;
    private long _retryFrom;
    private long _deletedAt;
    private long _maintainedAt;
    private long _measuredAt; // the room, for records that were refused
    private long _countedThrough; // of what the file held when it was opened
    private long _countThrough;
    private long _bytesWrittenBefore;
    private long _commitsBefore;
    private bool _isStallTold; // the watch's
    private volatile bool _isStopping;
    private volatile QueueStatistics _statistics = QueueStatistics.Empty;

    public QueueWriter(QueueOptions options, QueueBuffer buffer, AcquisitionClock clock, TimeProvider timeProvider, ILogger logger)
    {
        (_options, _buffer, _clock, _timeProvider, _logger) = (options, buffer, clock, timeProvider, logger);
        _deletedAt = _maintainedAt = timeProvider.GetTimestamp();

        // By the machine's time: a disk takes that, whatever the queue's clock is.
        _watch = new DiskWatch(options.DiskPatience, TimeProvider.System, GoOnWithoutDisk, OnQuick);
        _thread = new Thread(Run) { IsBackground = true, Name = "queue writer" };
        _thread.Start();
    }

    /// <summary>Completes when the file is open or known not to be.</summary>
    public Task Opened => _opened.Task;

    /// <summary>Completes when everything is written and the file is closed, after <see cref="Stop"/>.</summary>
    public Task Ended => _ended.Task;

    /// <summary>What is known here: health, disk and bytes. The rest is the buffer's.</summary>
    public QueueStatistics Statistics => DescribeStall() is { } stall
        ? _statistics with { Health = QueueHealth.MemoryOnly, Trouble = _statistics.Trouble ?? stall }
        : _statistics;

    private bool IsAcceptedByCommit => _options.MaxLoss == TimeSpan.Zero;

    public void Stop()
    {
        _isStopping = true;
        _buffer.Alarm.RingNow();
    }

    /// <summary>After <see cref="Stop"/>, whether the disk has answered or not.</summary>
    public ValueTask DisposeAsync() => _watch.DisposeAsync();

    private void Run()
    {
        try
        {
            _watch.Ask();
            Attempt(() => { });
            _opened.TrySetResult();
            while (!_isStopping)
            {
                _watch.Ask();
                Turn();
                _watch.Rest();
                _buffer.Alarm.Wait();
            }

            _watch.Ask();
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
            _watch.Rest();
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
            _buffer.ExpirePending();
            if (IsAcceptedByCommit)
            {
                _buffer.AcceptFromMemory(MaxBatchRecords, _batch);
            }

            _buffer.SecureFromMemory();
            _buffer.SecureUnsecured();
        }
        else
        {
            _buffer.SetAlarm();
        }

        _buffer.Alarm.RingWithin(_clock.IsSynchronised ? MaintenancePeriod : ClockCheckPeriod);
    }

    private void Work()
    {
        ServePages();
        if (_buffer.IsPendingFor(_isWritable ? _options.MaxLoss / 2 : TimeSpan.Zero))
        {
            CommitPending();
        }

        Secure();
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

        ParkAndRetry();
        CountOn();
        SaveOffset();
        var isMaintenance = _timeProvider.GetElapsedTime(_maintainedAt) >= MaintenancePeriod;
        Expire(floor, isMaintenance);
        if (isMaintenance)
        {
            _maintainedAt = _timeProvider.GetTimestamp();
            CheckFile();
            SaveDrops();
            _store!.Shrink(ShrinkPages);
        }

        MeasureRoom();
    }

    // What has come while the disk took a batch waits for the next turn, but at the end: on a slow disk there is always some, and all else would wait for ever.
    private void CommitPending()
    {
        var batches = 0;
        do
        {
            CommitBatch();
            ServePages();
            batches++;
        }
        while ((_isStopping || (_batch.Count == MaxBatchRecords && batches < BatchesInTurn)) && _buffer.IsPendingFor(TimeSpan.Zero));
    }

    private void CommitBatch()
    {
        _watch.Ask();
        _batch.Clear();
        _inserts.Clear();
        _departures.Clear();
        _removed.Clear();
        _buffer.TakeBatch(MaxBatchRecords, _options.MaxBatchBytes, _batch, _inserts, _departures);
        if (_departures.Count > 0)
        {
            Delete(); // a number may have been that of a record that has gone since
        }

        if (_inserts.Count > 0)
        {
            CheckFile();
            ThinOut();
            _store!.Begin();
            DeleteAcknowledged(_buffer.GetDeletion(isDone: true).Through);
            MakeRoom();
            foreach (var record in _inserts)
            {
                _store.Insert(record);
            }

            _departures.ForEach(departing => _store.Departures.Save(departing.Reader, departing.Departure));
            if (_batch.Exists(entry => entry.IsAgain))
            {
                SaveAcknowledged(); // it is for one reader alone
            }

            var drops = _buffer.GetUnsavedDrops();
            _store.Drops.Save(drops);
            _store.Commit();
            _buffer.CompleteDrops(drops);
            _buffer.CountLosses(_removed, DropReason.Oldest);
            _buffer.SetUsedBytes(_store);
        }

        _buffer.CompleteBatch(_batch);
    }

    /// <summary>Writes what uplinks at QoS 2 wait for: what they are about to send, and that what they have sent has arrived.</summary>
    private void Secure()
    {
        if (_buffer.GetUnsecured() is { Count: > 0 } unsecured)
        {
            Delete(unsecured);
            _buffer.CompleteUnsecured(unsecured);
        }
    }

    /// <summary>With one row all records of this start of the machine get their right time, as they are read.</summary>
    private void SaveOffset()
    {
        if (_store!.Offset is null && _clock.Offset is { } offset)
        {
            _store.Begin();
            _store.SaveOffset(offset);
            _store.Commit();
        }
    }

    // One for each lane at most: readers that drain may want pages faster than a slow disk gives them, and new records wait meanwhile.
    private void ServePages()
    {
        var left = 2 * _buffer.Readers.Count;
        while (_buffer.GetPageRequest() is { } wanted)
        {
            if (left-- == 0)
            {
                _buffer.Alarm.RingNow();
                return;
            }

            _watch.Ask();
            _page.Clear();
            var isLast = _store!.Read(wanted.Lane.IsUrgentOnly, wanted.After, wanted.Through, QueueReader.PageRecords, MaxPageBytes, _page);
            _buffer.TakePage(wanted, _page, isLast);
        }
    }

    private void SaveDrops()
    {
        if (_buffer.GetUnsavedDrops() is { Count: > 0 } drops)
        {
            _store!.Begin();
            _store.Drops.Save(drops);
            _store.Commit();
            _buffer.CompleteDrops(drops);
        }
    }

    private void Finish()
    {
        _retryDelay = TimeSpan.Zero;
        Attempt(() =>
        {
            CommitPending();
            ParkAndRetry();
            Delete();
            SaveDrops();
            _store!.EndBoot(_buffer.GetLastPosition());
        });
        if (_buffer.DropUnwritten() is { Count: > 0 } lost)
        {
            Log.QueueClosedUnwritten(_logger, lost.Sum(device => device.Records), string.Join(", ", lost.Select(device => $"{device.Device} {device.Records}")));

            // A count may have room where the records had none.
            _retryDelay = TimeSpan.Zero;
            Attempt(SaveDrops);
        }
    }
}
