namespace Gateway.Storage.Queue;

/// <summary>
/// What of the queue is in memory: the tail, the reader's place, the counts. Callers append and acknowledge here; the writer
/// moves records from here to the disk. Thread-safe; <see cref="Gate"/> is held for moments only, never over input or output.
/// </summary>
internal sealed class QueueBuffer
{
    private readonly QueueOptions _options;
    private readonly IQueueObserver _observer;
    private readonly TimeProvider _timeProvider;
    private readonly Lock _order = new(); // appending, and offering in the same order
    private readonly Dictionary<(string Device, DropReason Reason), long> _drops = [];
    private long _sequence;
    private long _lastPosition;
    private long _acceptedThrough;
    private long _depth;
    private long _appended;
    private long _acknowledged;
    private int _acknowledgedSinceDeletion;
    private long _usedBytes;

    public QueueBuffer(QueueOptions options, IQueueObserver observer, TimeProvider timeProvider)
    {
        _options = options;
        _observer = observer;
        _timeProvider = timeProvider;
        Alarm = new Alarm(timeProvider);
        Reader = options.HasReader ? new QueueReader(this) : null;
    }

    public Lock Gate { get; } = new();

    /// <summary>Wakes the writer.</summary>
    public Alarm Alarm { get; }

    /// <summary>Guarded by the gate.</summary>
    public MemoryTail Tail { get; } = new();

    public QueueReader? Reader { get; }

    /// <summary>Whether records on the disk can be read at present. Guarded by the gate.</summary>
    public bool IsDiskReadable { get; private set; }

    public int Boot { get; private set; }

    /// <summary>Early enough that the disk can make room before memory is full. Under the gate.</summary>
    private bool IsCrowded => Tail.UnstoredDiskBytes > _options.MemoryLimitBytes / 8;

    private bool IsAcceptedByCommit => _options.MaxLoss == TimeSpan.Zero;

    /// <summary>See <see cref="OfflineQueue.Append"/>.</summary>
    public AppendOutcome Append(DateTimeOffset time, string device, string point, ReadOnlyMemory<byte> body)
    {
        lock (_order)
        {
            var offer = Append(time, device, point, body, out var outcome);
            if (offer is not null)
            {
                _observer.Accepted(offer);
            }

            return outcome;
        }
    }

    /// <summary>Sets where numbers begin, once, before the first append. False if that has been done.</summary>
    public bool TryBegin(int boot, long lastPosition)
    {
        lock (Gate)
        {
            if (Boot != 0)
            {
                return false;
            }

            Boot = boot;
            _lastPosition = _acceptedThrough = lastPosition;
            return true;
        }
    }

    /// <summary>The first accepted record after a position; null if there is none. Under the gate.</summary>
    public QueueRecord? GetAccepted(long after)
    {
        while (Tail.GetAfter(after) is { } entry && entry.Record.Position <= _acceptedThrough)
        {
            if (!entry.IsOfferedOnly)
            {
                return entry.Record;
            }

            after = entry.Record.Position;
        }

        return null;
    }

    /// <summary>The reader has acknowledged one more record. Under the gate.</summary>
    public void OnAcknowledged(bool isLost)
    {
        _acknowledged++;
        _depth -= isLost ? 0 : 1;
        if (_acknowledgedSinceDeletion++ == 0)
        {
            Alarm.RingWithin(QueueWriter.DeletionDelay);
        }
        else if (_acknowledgedSinceDeletion == QueueWriter.DeletionBatch)
        {
            Alarm.RingNow();
        }

        RemoveDone();
        if (Reader!.IsDone(_lastPosition))
        {
            _depth = 0;
        }
    }

    /// <summary>How far the disk may be cleared, and how many acknowledgements that is since it was last asked with <paramref name="isDone"/>.</summary>
    public (long Through, int Count) GetDeletion(bool isDone)
    {
        lock (Gate)
        {
            var deletion = (Reader?.Floor ?? 0, _acknowledgedSinceDeletion);
            _acknowledgedSinceDeletion = isDone ? 0 : _acknowledgedSinceDeletion;
            return deletion;
        }
    }

    /// <summary>Sets the alarm for when the oldest pending record is due.</summary>
    public void SetAlarm()
    {
        lock (Gate)
        {
            if (Tail.PeekOldestPending() is { } oldest)
            {
                var left = (_options.MaxLoss / 2) - _timeProvider.GetElapsedTime(oldest.AppendedAt);
                Alarm.RingWithin(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            }
        }
    }

    /// <summary>Whether any record has been pending for so long, or so many are that memory becomes scarce.</summary>
    public bool IsPendingFor(TimeSpan age)
    {
        lock (Gate)
        {
            return Tail.PeekOldestPending() is { } oldest && (IsCrowded || _timeProvider.GetElapsedTime(oldest.AppendedAt) >= age);
        }
    }

    /// <summary>Records that are not on the disk.</summary>
    public int GetPendingCount()
    {
        lock (Gate)
        {
            return Tail.PendingCount;
        }
    }

    /// <summary>Takes pending records in hand, and those of them that belong on the disk.</summary>
    public void TakeBatch(int maxRecords, int maxBytes, List<MemoryTail.Entry> batch, List<QueueRecord> inserts)
    {
        lock (Gate)
        {
            Tail.TakeBatch(maxRecords, maxBytes, batch);
            foreach (var entry in batch)
            {
                if (!entry.IsOfferedOnly && !Reader!.IsAcknowledged(entry.Record.Position))
                {
                    inserts.Add(entry.Record);
                }
            }
        }
    }

    /// <summary>The batch is on the disk: with <c>max-loss: none</c> it is accepted now.</summary>
    public void CompleteBatch(List<MemoryTail.Entry> batch)
    {
        lock (Gate)
        {
            Tail.CompleteBatch();
        }

        Accept(batch);
    }

    /// <summary>The batch did not reach the disk.</summary>
    public void ReturnBatch()
    {
        lock (Gate)
        {
            Tail.ReturnBatch();
        }
    }

    /// <summary>Accepts what is pending although it is not on the disk: there is no disk.</summary>
    public void AcceptFromMemory(int maxRecords, List<MemoryTail.Entry> batch)
    {
        do
        {
            batch.Clear();
            lock (Gate)
            {
                for (var entry = Tail.GetAfter(_acceptedThrough); entry is { } next && batch.Count < maxRecords; entry = Tail.GetAfter(next.Record.Position))
                {
                    batch.Add(next);
                }
            }

            Accept(batch);
        }
        while (batch.Count == maxRecords);
    }

    /// <summary>The oldest records on the disk were removed without an acknowledgement; their copies here go as well.</summary>
    public void CountLosses(List<RemovedRecord> removed, DropReason reason)
    {
        lock (Gate)
        {
            var through = 0L;
            foreach (var record in removed)
            {
                Lose(record.Position, record.Device, reason);
                through = Math.Max(through, record.Position);
            }

            Tail.RemoveWhile(entry => entry.Record.Position <= through);
        }
    }

    /// <summary>Drops pending records that were acquired before a time.</summary>
    public void ExpirePending(DateTimeOffset before)
    {
        lock (Gate)
        {
            while (Tail.PeekOldestPending() is { } oldest && oldest.Record.Time < before)
            {
                DropOldestPending(DropReason.Expired);
            }
        }
    }

    /// <summary>The file is open. Brings what is in memory and what is in the file together.</summary>
    public void Attach(QueueStore store)
    {
        lock (Gate)
        {
            var isForeign = !store.IsNew && store.LastRecordBoot != Boot && store.LastPosition > Tail.EvictedThrough;
            if (store.IsNew)
            {
                Tail.ForgetFile();
            }
            else if (store.LastRecordBoot == Boot)
            {
                Tail.MarkStoredThrough(store.LastPosition);
            }
            else if (isForeign)
            {
                // A backlog that was not there when this boot began: what is in memory comes after it.
                Tail.ForgetFile();
                Renumber(Math.Max(store.HighestPosition, _lastPosition));
                Tail.EvictedThrough = store.LastPosition;
            }

            IsDiskReadable = true;
            Reader?.Restart(isForeign);
        }
    }

    /// <summary>The file is closed, in trouble.</summary>
    public void Detach()
    {
        lock (Gate)
        {
            Tail.ReturnBatch();
            IsDiskReadable = false;
            Reader?.Signal();
        }
    }

    /// <summary>The records of the file are counted.</summary>
    public void SetStoredCount(long stored)
    {
        lock (Gate)
        {
            _depth = stored + Tail.PendingCount;
        }
    }

    /// <summary>What the records take on the disk, bytes: the measure for the policies that refuse.</summary>
    public void SetUsedBytes(long bytes)
    {
        lock (Gate)
        {
            _usedBytes = bytes;
        }
    }

    /// <summary>The last position given out.</summary>
    public long GetLastPosition()
    {
        lock (Gate)
        {
            return _lastPosition;
        }
    }

    /// <summary>Fills in what is known here.</summary>
    public QueueStatistics AddTo(QueueStatistics statistics)
    {
        lock (Gate)
        {
            var inMemory = Reader?.OldestOutstanding ?? (Tail.GetAfter(Reader?.Floor ?? 0)?.Record);
            var onDisk = _depth > 0 ? statistics.OldestTime : null;
            return statistics with
            {
                Boot = Boot,
                Depth = _depth,
                Unwritten = Tail.UnstoredCount,
                MemoryBytes = Tail.Bytes,
                OldestTime = onDisk is null || inMemory?.Time < onDisk ? inMemory?.Time : onDisk,
                Appended = _appended,
                Acknowledged = _acknowledged,
                Dropped = _drops.Values.Sum(),
                Drops = [.. _drops.Select(drop => new QueueDrops(drop.Key.Device, drop.Key.Reason, drop.Value))],
            };
        }
    }

    private QueueRecord? Append(DateTimeOffset time, string device, string point, ReadOnlyMemory<byte> body, out AppendOutcome outcome)
    {
        lock (Gate)
        {
            var record = new QueueRecord
            {
                Position = _lastPosition + 1,
                Boot = Boot,
                Sequence = _sequence + 1,
                Time = Microseconds.Truncate(time),
                Device = device,
                Point = point,
                Body = body,
            };
            var hasMemory = Reader is null || MakeRoom(record.MemoryCost);
            var hasRoom = Reader is null || (hasMemory && HasDiskRoom(record.DiskCost));
            outcome = hasRoom ? AppendOutcome.Taken : _options.WhenFull == FullPolicy.Block ? AppendOutcome.Refused : AppendOutcome.Dropped;
            if (outcome == AppendOutcome.Refused)
            {
                CountDrop(device, DropReason.Refused);
                return null;
            }

            _lastPosition++;
            _sequence++;
            _appended++;
            if (!hasRoom)
            {
                CountDrop(device, _options.WhenFull == FullPolicy.DropOldest ? DropReason.Oldest : DropReason.Newest);
            }

            if (Reader is null || !IsAcceptedByCommit)
            {
                _acceptedThrough = _lastPosition;
                if (hasRoom && Reader is not null)
                {
                    Enqueue(record, isOfferedOnly: false);
                }

                return record;
            }

            if (hasMemory)
            {
                Enqueue(record, isOfferedOnly: !hasRoom);
            }

            return null;
        }
    }

    private void Enqueue(QueueRecord record, bool isOfferedOnly)
    {
        var isFirst = Tail.PendingCount == 0;
        Tail.Add(new MemoryTail.Entry(record, _timeProvider.GetTimestamp(), isOfferedOnly));
        _depth += isOfferedOnly ? 0 : 1;
        if (IsAcceptedByCommit || IsCrowded)
        {
            Alarm.RingNow();
        }
        else if (isFirst)
        {
            Alarm.RingWithin(_options.MaxLoss / 2);
        }

        if (!IsAcceptedByCommit)
        {
            Reader!.Signal();
        }
    }

    private bool MakeRoom(int cost)
    {
        while (Tail.Bytes + cost > _options.MemoryLimitBytes)
        {
            if (!Tail.EvictStored() && (_options.WhenFull != FullPolicy.DropOldest || !DropOldestPending(DropReason.Oldest)))
            {
                return false;
            }
        }

        return true;
    }

    private bool HasDiskRoom(int cost) =>
        _options.WhenFull == FullPolicy.DropOldest || _usedBytes + Tail.UnstoredDiskBytes + cost <= _options.MaxRecordBytes;

    private bool DropOldestPending(DropReason reason)
    {
        if (Tail.DropOldestPending() is not { } dropped)
        {
            return false;
        }

        if (!dropped.IsOfferedOnly)
        {
            Lose(dropped.Record.Position, dropped.Record.Device, reason);
        }

        return true;
    }

    private void Lose(long position, string device, DropReason reason)
    {
        if (Reader is null || Reader.Lose(position))
        {
            _depth--;
            CountDrop(device, reason);
        }
    }

    private void CountDrop(string device, DropReason reason) =>
        _drops[(device, reason)] = _drops.GetValueOrDefault((device, reason)) + 1;

    private void Accept(List<MemoryTail.Entry> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        // Only with max-loss: none is anything not accepted yet; then this thread is the only one that accepts.
        foreach (var entry in batch)
        {
            if (entry.Record.Position > _acceptedThrough)
            {
                _observer.Accepted(entry.Record);
            }
        }

        lock (Gate)
        {
            _acceptedThrough = Math.Max(_acceptedThrough, batch[^1].Record.Position);
            RemoveDone();
            Reader?.Signal();
        }
    }

    private void RemoveDone() => Tail.RemoveWhile(entry => entry.IsOfferedOnly
        ? entry.Record.Position <= _acceptedThrough
        : Reader!.IsAcknowledged(entry.Record.Position));

    private void Renumber(long after)
    {
        var accepted = 0;
        for (var entry = Tail.GetAfter(0); entry is { } next && next.Record.Position <= _acceptedThrough; entry = Tail.GetAfter(next.Record.Position))
        {
            accepted++;
        }

        Tail.Renumber(after + 1);
        _acceptedThrough = after + accepted;
        _lastPosition = after + Tail.Count;
    }
}
