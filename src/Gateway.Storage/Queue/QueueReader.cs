using System.Diagnostics.CodeAnalysis;

namespace Gateway.Storage.Queue;

/// <summary>
/// An uplink's place in the queue. Records come in its order, each once until <see cref="Rewind"/>, and stay in the queue until they are
/// acknowledged. Thread-safe, but for one read at a time.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Holds nothing that needs disposal.")]
public sealed partial class QueueReader
{
    /// <summary>Records that may be read and not acknowledged; as many as there are packet identifiers (MQTT 5.0 §2.2.1).</summary>
    public const int MaxOutstanding = 65_535;

    /// <summary>What has waited for less is not worth holding up what is behind it.</summary>
    public static readonly TimeSpan ShortestHold = TimeSpan.FromSeconds(10);

    private readonly QueueBuffer _buffer;
    private readonly RangeSet _acknowledged = new();
    private readonly Dictionary<long, Outstanding> _outstanding = [];
    private readonly Queue<QueueRecord> _again = new();
    private readonly Queue<QueueRecord> _ahead = new(); // of those, what overtakes one that is held
    private bool _mayBeAhead; // there may be more of that among those that come again
    private TaskCompletionSource? _waiting;
    private bool _isReading;

    internal QueueReader(QueueBuffer buffer, QueueReaderOptions options) => (_buffer, Name, Order) = (buffer, options.Name, options.Order);

    /// <summary>By which its place is found again.</summary>
    public string Name { get; }

    /// <summary>In which order records come.</summary>
    public DrainOrder Order { get; }

    /// <summary>How many records wait for this reader: at most that, since some that gave way for want of room are counted until it comes by.</summary>
    public long Waiting
    {
        get
        {
            lock (_buffer.Gate)
            {
                return _buffer.CountWaiting(_acknowledged.Covered);
            }
        }
    }

    /// <summary>Everything up to here is acknowledged.</summary>
    internal long Floor => _acknowledged.Floor;

    /// <summary>What is acknowledged. Under the gate.</summary>
    internal RangeSet Acknowledged => _acknowledged;

    /// <summary>The oldest record that was read and not acknowledged; null if there is none.</summary>
    internal QueueRecord? OldestOutstanding => _outstanding.Count == 0 ? null : _outstanding.MinBy(pair => pair.Key).Value.Record;

    /// <summary>
    /// Waits for records and takes as many as there are at once, in order. Their bodies stay valid. Waits as well while
    /// <see cref="MaxOutstanding"/> records are unacknowledged. Throws <see cref="InvalidOperationException"/> if another read is going on.
    /// </summary>
    /// <param name="destination">Filled from its start. At least one record long.</param>
    /// <param name="cancellationToken">Ends the wait; no record is lost by it.</param>
    /// <returns>How many records were taken, at least 1.</returns>
    public async ValueTask<int> ReadAsync(Memory<QueueRecord> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(destination.Length);
        lock (_buffer.Gate)
        {
            if (_isReading)
            {
                throw new InvalidOperationException("Another read is going on.");
            }

            _isReading = true;
        }

        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Task more;
                lock (_buffer.Gate)
                {
                    var count = Take(destination.Span);
                    if (count > 0)
                    {
                        return count;
                    }

                    _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    more = _waiting.Task;
                }

                await more.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            lock (_buffer.Gate)
            {
                _isReading = false;
            }
        }
    }

    /// <summary>
    /// The record has arrived and leaves the queue once all readers have it. In any order, from any thread; a position that is not
    /// outstanding is ignored.
    /// </summary>
    public void Acknowledge(long position)
    {
        lock (_buffer.Gate)
        {
            position = _buffer.ToPosition(position);
            if (_outstanding.Count == MaxOutstanding)
            {
                Signal();
            }

            if (_outstanding.Remove(position, out var record))
            {
                LeaveWindow(record);
                _labels.Remove(position);
                _acknowledged.Add(record.From, position);
                _buffer.OnAcknowledged(this, record.From, position, record.IsLost);
            }
        }
    }

    /// <summary>Lets the reads that follow begin with what was read and is not acknowledged, with its time as it is known by then.</summary>
    public void Rewind()
    {
        lock (_buffer.Gate)
        {
            _again.Clear();
            _ahead.Clear();
            _mayBeAhead = true;
            foreach (var record in _outstanding.Values.Where(entry => !entry.IsParking).Select(entry => entry.Record).OrderBy(record => !record.IsUrgent).ThenBy(record => record.Position))
            {
                _again.Enqueue(record);
            }

            Signal();
        }
    }

    /// <summary>Lets a record that was read and is not acknowledged come once more, before all others; any other position is ignored.</summary>
    public void Repeat(long position)
    {
        lock (_buffer.Gate)
        {
            if (_outstanding.TryGetValue(_buffer.ToPosition(position), out var record) && !record.IsParking)
            {
                _again.Enqueue(record.Record);
                _mayBeAhead = true;
                Signal();
            }
        }
    }

    /// <summary>
    /// The record is not taken where it goes, for a reason in a few words: it is set aside on the disk and then acknowledged for this reader.
    /// A position that is not outstanding is ignored. <see cref="OfflineQueue.RetryParked"/> lets it come again.
    /// </summary>
    public void Park(long position, string reason)
    {
        lock (_buffer.Gate)
        {
            var place = position;
            position = _buffer.ToPosition(place);
            if (_outstanding.TryGetValue(position, out var record) && !record.IsParking)
            {
                LeaveWindow(record);
                _outstanding[position] = record with { IsParking = true, Lane = null };
                _buffer.BeginParking(this, place, new ParkedRecord(Name, reason, _buffer.Correct(record.Record)));
            }
        }
    }

    /// <summary>
    /// A connection begins: with <see cref="DrainOrder.LiveFirst"/> what has been accepted by now is backlog, what comes from now on is live. What was live before and is to come
    /// again (<see cref="Rewind"/>) comes where it stands in the backlog.
    /// </summary>
    public void BeginLive()
    {
        lock (_buffer.Gate)
        {
            BeginLive(_buffer.AcceptedThrough);
            ReturnToBacklog(_again);
            ReturnToBacklog(_ahead);
            _heldBefore = _buffer.Uptime - ShortestHold;
            Signal();
        }
    }

    /// <summary>The record with its time as it is known by now.</summary>
    public QueueRecord Correct(QueueRecord record) => _buffer.Correct(record);

    /// <summary>How many more records may come that are neither urgent nor live, before it is called again. Until the first call: any number.</summary>
    public void Allow(int records)
    {
        lock (_buffer.Gate)
        {
            var wasNone = _allowance == 0;
            _allowance = records;
            if (wasNone && records > 0)
            {
                Signal();
            }
        }
    }

    /// <summary>
    /// How many records that are neither urgent nor live may be read and not acknowledged. 1 or more; at first there is no limit but <see cref="MaxOutstanding"/>.
    /// A third of the live ones that are read and not acknowledged, where that is more.
    /// </summary>
    public int Window
    {
        set
        {
            lock (_buffer.Gate)
            {
                _window = value;
                Signal();
            }
        }
    }

    /// <summary>
    /// Whether what had waited for <see cref="ShortestHold"/> at <see cref="BeginLive()"/> stays while its time can still become right: urgent records come all the same, and
    /// with <see cref="DrainOrder.LiveFirst"/> what is live; else nothing overtakes it. Default false.
    /// </summary>
    public bool HoldsForClock
    {
        set
        {
            lock (_buffer.Gate)
            {
                _holdsForClock = value;
                _isHolding &= value;
                Signal();
            }
        }
    }

    /// <summary>Whether the last read left something for <see cref="HoldsForClock"/>.</summary>
    public bool IsHolding
    {
        get
        {
            lock (_buffer.Gate)
            {
                return _isHolding;
            }
        }
    }

    /// <summary>Whether all that was accepted before <see cref="BeginLive()"/> is acknowledged.</summary>
    public bool IsBacklogDone
    {
        get
        {
            lock (_buffer.Gate)
            {
                return Floor >= _boundary;
            }
        }
    }

    /// <summary>Whether the record has been acknowledged. Under the gate.</summary>
    internal bool IsAcknowledged(long position) => _acknowledged.Contains(position);

    /// <summary>Whether the record was read and not acknowledged. Under the gate.</summary>
    internal bool IsOutstanding(long position) => _outstanding.ContainsKey(position);

    /// <summary>Whether the record is on its way to the parked ones, and in the queue still. Under the gate.</summary>
    internal bool IsParking(long position) => _outstanding.TryGetValue(position, out var record) && record is { IsParking: true, IsLost: false };

    /// <summary>Whether the record is on its way to the parked ones alone, and counted as lost nowhere. Under the gate.</summary>
    internal bool IsLeftToParking(long position) => _outstanding.TryGetValue(position, out var record) && record.IsLeftToParking;

    /// <summary>The positions up to one that were read and not acknowledged, and are in the queue still. Under the gate.</summary>
    internal IEnumerable<long> GetOutstanding(long through) => _outstanding.Where(pair => pair.Key <= through && !pair.Value.IsLost).Select(pair => pair.Key);

    /// <summary>Whether everything that was appended has been acknowledged. Under the gate.</summary>
    internal bool IsDone(long lastPosition) => _outstanding.Count == 0 && _main.PageCount == 0 && Floor >= lastPosition;

    /// <summary>Lets a waiting read look again. Under the gate.</summary>
    internal void Signal()
    {
        _waiting?.TrySetResult();
        _waiting = null;
    }

    /// <summary>
    /// A record leaves the queue without an acknowledgement. One that was read before stays readable by <see cref="Rewind"/>.
    /// False if it has been acknowledged, or is to be parked, so that nothing is lost. Under the gate.
    /// </summary>
    internal bool Lose(long position)
    {
        if (_acknowledged.Contains(position))
        {
            return false;
        }

        if (_outstanding.TryGetValue(position, out var record))
        {
            _outstanding[position] = record with { IsLost = true, IsLeftToParking = record.IsParking && (record.IsLeftToParking || !record.IsLost) };
        }

        return !record.IsParking;
    }

    /// <summary>All records up to a position that were not read are gone. Under the gate.</summary>
    internal void ForgetThrough(long position)
    {
        _main.Lose(position);
        _urgent.Lose(position);
    }

    /// <summary>Records that were not read are gone from among others. Under the gate.</summary>
    internal void Forget(HashSet<long> positions)
    {
        _main.Forget(positions);
        _urgent.Forget(positions);
    }

    /// <summary>
    /// The file was opened anew: what is on the disk and not acknowledged is read again, but for what is outstanding. Under the gate.
    /// </summary>
    /// <param name="isRenumbered">Whether the records in memory have new positions: then those that are outstanding come again.</param>
    internal void Restart(bool isRenumbered)
    {
        if (isRenumbered)
        {
            _acknowledged.Clear();
            _outstanding.Clear();
            _again.Clear();
            _ahead.Clear();
            (_main.Outstanding, _live.Outstanding) = (0, 0);
            ForgetPositions();
            BeginLive(_buffer.Tail.EvictedThrough);
        }

        _main.MoveTo(Floor);
        _urgent.MoveTo(Floor);
        Signal();
    }

    /// <summary>A record is for another reader. Under the gate.</summary>
    internal void PassOver(long position) => _acknowledged.Add(position, position);

    /// <summary>There is nothing up to a position. Under the gate, after <see cref="Restart"/>.</summary>
    internal void BeginAfter(long position)
    {
        _acknowledged.Add(1, position);
        Restart(isRenumbered: false);
    }

    /// <summary>Takes up a place of an earlier run. Under the gate, after <see cref="Restart"/>.</summary>
    internal void Resume(IEnumerable<(long From, long To)> acknowledged)
    {
        foreach (var (from, to) in acknowledged)
        {
            _acknowledged.Add(from, to);
        }

        Restart(isRenumbered: false);
    }

    private readonly record struct Outstanding(QueueRecord Record, long From, ReaderLane? Lane, bool IsLost = false, bool IsParking = false, bool IsLeftToParking = false);
}
