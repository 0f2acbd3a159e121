using Gateway.Storage.Timing;

namespace Gateway.Storage.Queue;

/// <summary>
/// What of the queue is in memory: the tail, the reader's place, the counts. Callers append and acknowledge here; the writer
/// moves records from here to the disk. Thread-safe; <see cref="Gate"/> is held for moments only, never over input or output.
/// </summary>
internal sealed partial class QueueBuffer
{
    private readonly QueueOptions _options;
    private readonly IQueueObserver _observer;
    private readonly AcquisitionClock _clock;
    private readonly TimeProvider _timeProvider;
    private readonly Lock _order = new(); // appending, and offering in the same order
    private readonly Lock _acceptance = new(); // accepting, and offering in the same order, of what waits for the disk; outside the gate
    private readonly DropCounts _drops = new();
    private readonly RangeSet _deletable = new(); // acknowledged by all readers, and perhaps still on the disk
    private long _epoch; // how often records in memory got new positions
    private long _sequence;
    private long _lastPosition;
    private long _acceptedThrough;
    private long _depth;
    private long _appended;
    private long _acknowledged;
    private int _acknowledgedSinceDeletion;
    private int _served; // the reader that had a turn last
    private long _usedBytes;
    private long _limitBytes;

    public QueueBuffer(QueueOptions options, IQueueObserver observer, AcquisitionClock clock, TimeProvider timeProvider)
    {
        _options = options;
        _observer = observer;
        _clock = clock;
        _timeProvider = timeProvider;
        _limitBytes = options.MaxRecordBytes;
        Alarm = new Alarm(timeProvider);
        Readers = [.. options.Readers.Select(reader => new QueueReader(this, reader))];
    }

    public Lock Gate { get; } = new();

    /// <summary>Wakes the writer.</summary>
    public Alarm Alarm { get; }

    /// <summary>Guarded by the gate.</summary>
    public MemoryTail Tail { get; } = new();

    public IReadOnlyList<QueueReader> Readers { get; }

    /// <summary>Everything up to here was acknowledged by all readers. Under the gate.</summary>
    public long Floor => Readers.Count == 0 ? 0 : Readers.Min(reader => reader.Floor);

    /// <summary>The last position that was accepted. Under the gate.</summary>
    public long AcceptedThrough => _acceptedThrough;

    /// <summary>Whether records on the disk can be read at present. Guarded by the gate.</summary>
    public bool IsDiskReadable { get; private set; }

    public int Boot { get; private set; }

    /// <summary>Whether a record was refused since the room was last measured.</summary>
    public bool IsRoomWanted { get; private set; }

    /// <summary>Records that wait.</summary>
    public long Depth
    {
        get
        {
            lock (Gate)
            {
                return _depth;
            }
        }
    }

    /// <summary>Those of them that are on the disk.</summary>
    public long StoredDepth
    {
        get
        {
            lock (Gate)
            {
                return Math.Max(0, _depth - Tail.UnstoredCount);
            }
        }
    }

    /// <summary>Early enough that the disk can make room before memory is full. Under the gate.</summary>
    private bool IsCrowded => Tail.UnstoredDiskBytes > _options.MemoryLimitBytes / 8;

    /// <summary>What those that are not queued may take in addition until it is their turn to be offered.</summary>
    private int OfferedBytes => _options.MemoryLimitBytes / 16;

    /// <summary>Whether it is the new record that gives way.</summary>
    private bool IsRefusing => _options.WhenFull is FullPolicy.DropNewest or FullPolicy.Block;

    /// <summary>Why a new record is not queued.</summary>
    private DropReason DroppedNew => _options.WhenFull switch
    {
        FullPolicy.DropNewest => DropReason.Newest,
        FullPolicy.Block => DropReason.Blocked,
        _ => DropReason.Oldest,
    };

    private bool HasReaders => Readers.Count > 0;

    private bool IsAcceptedByCommit => _options.MaxLoss == TimeSpan.Zero;

    /// <summary>
    /// The position as those outside know it. Where a backlog turns up late what is in memory gets new positions, and old ones may be those of
    /// other records: with the number of the numbering above it, none is taken for another. Under the gate.
    /// </summary>
    public long ToPlace(long position) => position + (_epoch * QueueStore.ImpossiblePosition);

    /// <summary>The position that a place stands for by now; 0 if it is of an earlier numbering. Under the gate.</summary>
    public long ToPosition(long place) => place / QueueStore.ImpossiblePosition == _epoch ? place % QueueStore.ImpossiblePosition : 0;

    /// <summary>The record as those outside know it. Under the gate.</summary>
    public QueueRecord Place(QueueRecord record) => _epoch == 0 ? record : record with { Position = ToPlace(record.Position) };

    /// <summary>Records that wait for a reader that has acknowledged so many positions. Under the gate.</summary>
    public long CountWaiting(long acknowledged) => Math.Clamp(_lastPosition - acknowledged, 0, _depth);

    /// <summary>See <see cref="OfflineQueue"/>.</summary>
    public AppendOutcome Append(DateTimeOffset time, string device, string point, ReadOnlyMemory<byte> body, bool isUrgent, out long position)
    {
        lock (_order)
        {
            var offer = TryAppend(_clock.Stamp(time), device, point, body, isUrgent, out var outcome, out position);
            if (offer is not null)
            {
                _observer.Accepted(offer);
            }

            return outcome;
        }
    }

    /// <summary>Time since the machine's start.</summary>
    public TimeSpan Uptime => _clock.Uptime;

    /// <summary>How long ago a record was acquired; null if nobody knows.</summary>
    public TimeSpan? AgeOf(QueueRecord record) => AgeOf(record.Time, record.Uptime, record.IsUnsynchronised);

    /// <summary>How long ago something was acquired; null if nobody knows.</summary>
    public TimeSpan? AgeOf(DateTimeOffset time, TimeSpan? uptime, bool isUnsynchronised) =>
        uptime is { } known ? _clock.Uptime - known
        : isUnsynchronised ? null
        : _clock.AgeNow - time;

    /// <summary>The record with its time as it is known by now.</summary>
    public QueueRecord Correct(QueueRecord record) =>
        record is { IsUnsynchronised: true, Uptime: { } uptime } && _clock.Offset is { } offset
            ? record with { Time = Microseconds.Truncate(AcquisitionClock.ToUtc(uptime, offset)), IsUnsynchronised = false }
            : record;

    /// <summary>Whether the record's time is not known yet, and will be once the clock is synchronised.</summary>
    public bool MayBeCorrected(QueueRecord record) => record is { IsUnsynchronised: true, Uptime: not null } && _clock.Offset is null;

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
    public QueueRecord? GetAccepted(long after, bool isUrgentOnly)
    {
        while ((isUrgentOnly ? Tail.GetUrgentAfter(after) : Tail.GetAfter(after)) is { } entry && entry.Record.Position <= _acceptedThrough)
        {
            if (!entry.IsOfferedOnly)
            {
                return entry.Record;
            }

            after = entry.Record.Position;
        }

        return null;
    }

    /// <summary>A reader has acknowledged one more record, and the positions before it that belong to nothing. Under the gate.</summary>
    public void OnAcknowledged(QueueReader by, long from, long position, bool isLost)
    {
        if (Readers.Count > 1 && !Readers.All(reader => reader.IsAcknowledged(position)))
        {
            RingForDeletion();
            return;
        }

        _acknowledged++;
        _doneInMemory++;
        _depth -= isLost ? 0 : 1;
        AddDeletable(by, from, position);
        RingForDeletion();
        RemoveDone();
        if (Readers.All(reader => reader.IsDone(_lastPosition)))
        {
            _depth = 0;
        }
    }

    /// <summary>Fills in what is known here.</summary>
    public QueueStatistics AddTo(QueueStatistics statistics)
    {
        lock (Gate)
        {
            var inMemory = Readers.Select(reader => reader.OldestOutstanding).OfType<QueueRecord>().MinBy(record => record.Position)
                ?? Tail.GetAfter(Floor)?.Record;
            inMemory = inMemory is null ? null : Correct(inMemory);
            var onDisk = _depth > 0 ? statistics.OldestTime : null;
            return statistics with
            {
                Boot = Boot,
                Depth = _depth,
                Unwritten = Tail.UnstoredCount,
                MemoryBytes = Tail.Bytes + _parkingBytes,
                UnwrittenBytes = Tail.UnstoredBytes,
                MemoryLimitBytes = _options.MemoryLimitBytes,
                UsedBytes = _usedBytes + Tail.UnstoredDiskBytes,
                LimitBytes = _limitBytes,
                OldestTime = onDisk is null || inMemory?.Time < onDisk ? inMemory?.Time : onDisk,
                Appended = _appended,
                Acknowledged = _acknowledged,
                Dropped = _drops.Total,
                DroppedBefore = _drops.Earlier,
                Drops = _drops.All,
            };
        }
    }

    private QueueRecord? TryAppend(in AcquisitionStamp stamp, string device, string point, ReadOnlyMemory<byte> body, bool isUrgent, out AppendOutcome outcome, out long position)
    {
        lock (Gate)
        {
            var record = new QueueRecord
            {
                Position = _lastPosition + 1,
                Boot = Boot,
                Sequence = _sequence + 1,
                Time = Microseconds.Truncate(stamp.Time),
                Uptime = stamp.Uptime,
                IsUnsynchronised = !stamp.IsSynchronised,
                Device = device,
                Point = point,
                Body = body,
                IsUrgent = isUrgent,
            };
            var hasMemory = !HasReaders || MakeRoom(record.MemoryCost);
            var hasRoom = !HasReaders || (hasMemory && HasDiskRoom(record.DiskCost));
            position = hasRoom ? ToPlace(record.Position) : 0;
            outcome = hasRoom ? AppendOutcome.Taken : _options.WhenFull == FullPolicy.Block ? AppendOutcome.Refused : AppendOutcome.Dropped;
            _lastPosition++;
            _sequence++;
            _appended += hasRoom ? 1 : 0;
            if (!hasRoom)
            {
                _drops.Add(device, DroppedNew);
            }

            // What cannot wait for its turn to be offered has it now, if all before it had theirs.
            if (!HasReaders || !IsAcceptedByCommit || (!hasMemory && _acceptedThrough == _lastPosition - 1))
            {
                _acceptedThrough = _lastPosition;
                if (hasRoom && HasReaders)
                {
                    Enqueue(record, isOfferedOnly: false);
                }

                return record;
            }

            if (hasMemory || Tail.Bytes + record.MemoryCost <= _options.MemoryLimitBytes + OfferedBytes)
            {
                Enqueue(record, isOfferedOnly: !hasRoom);
            }

            return null;
        }
    }

    private void Enqueue(QueueRecord record, bool isOfferedOnly, bool isAgain = false)
    {
        var isFirst = Tail.PendingCount == 0;
        Tail.Add(new MemoryTail.Entry(record, _timeProvider.GetTimestamp(), isOfferedOnly, isAgain));
        _depth += isOfferedOnly ? 0 : 1;
        _doneInMemory += isOfferedOnly ? 1 : 0;
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
            SignalReaders();
        }
    }

    private void RemoveDone() => Tail.RemoveWhile(entry => entry.IsOfferedOnly
        ? entry.Record.Position <= _acceptedThrough
        : IsAcknowledged(entry.Record.Position));

    private bool IsAcknowledged(long position)
    {
        foreach (var reader in Readers)
        {
            if (!reader.IsAcknowledged(position))
            {
                return false;
            }
        }

        return true;
    }

    private void AddDeletable(QueueReader by, long from, long to)
    {
        IEnumerable<(long From, long To)> ranges = [(from, to)];
        foreach (var reader in Readers.Where(reader => reader != by))
        {
            ranges = [.. ranges.SelectMany(range => reader.Acknowledged.Within(range.From, range.To))];
        }

        foreach (var range in ranges)
        {
            _deletable.Add(range.From, range.To);
        }
    }

    private void RingForDeletion()
    {
        if (_acknowledgedSinceDeletion++ == 0)
        {
            Alarm.RingWithin(QueueWriter.DeletionDelay);
        }
        else if (_acknowledgedSinceDeletion == QueueWriter.DeletionBatch)
        {
            Alarm.RingNow();
        }
    }

    private void ForgetThrough(long position)
    {
        foreach (var reader in Readers)
        {
            reader.ForgetThrough(position);
        }
    }

    private void SignalReaders()
    {
        foreach (var reader in Readers)
        {
            reader.Signal();
        }
    }
}
