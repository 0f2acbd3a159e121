using System.Diagnostics.CodeAnalysis;

namespace Gateway.Storage.Queue;

/// <summary>
/// An uplink's place in the queue. Records come in order, each once until <see cref="Rewind"/>, and stay in the queue until they are
/// acknowledged. Thread-safe, but for one read at a time.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Holds nothing that needs disposal.")]
public sealed class QueueReader
{
    /// <summary>Records that may be read and not acknowledged; as many as there are packet identifiers (MQTT 5.0 §2.2.1).</summary>
    public const int MaxOutstanding = 65_535;

    /// <summary>Rows of a page that is read from the disk.</summary>
    internal const int PageRecords = 1000;

    private readonly QueueBuffer _buffer;
    private readonly RangeSet _acknowledged = new();
    private readonly Dictionary<long, Outstanding> _outstanding = [];
    private readonly Queue<QueueRecord> _page = new();
    private readonly Queue<QueueRecord> _again = new();
    private TaskCompletionSource? _waiting;
    private bool _isReading;
    private bool _isPageWanted;
    private long _fetched; // everything up to here was handed out or is in the page
    private long _handedOut; // the position that was handed out last, not counting those handed out again

    internal QueueReader(QueueBuffer buffer) => _buffer = buffer;

    /// <summary>Everything up to here is acknowledged.</summary>
    internal long Floor => _acknowledged.Floor;

    /// <summary>What is acknowledged beyond <see cref="Floor"/>. Under the gate.</summary>
    internal IEnumerable<(long From, long To)> AcknowledgedAboveFloor => _acknowledged.AboveFloor;

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
    /// The record has arrived and leaves the queue. In any order, from any thread; a position that is not outstanding is ignored.
    /// </summary>
    public void Acknowledge(long position)
    {
        lock (_buffer.Gate)
        {
            if (_outstanding.Count == MaxOutstanding)
            {
                Signal();
            }

            if (_outstanding.Remove(position, out var record))
            {
                _acknowledged.Add(record.From, position);
                _buffer.OnAcknowledged(record.IsLost);
            }
        }
    }

    /// <summary>Lets the reads that follow begin with the first record that is not acknowledged: for a new connection.</summary>
    public void Rewind()
    {
        lock (_buffer.Gate)
        {
            _again.Clear();
            foreach (var record in _outstanding.Values.Select(entry => entry.Record).OrderBy(record => record.Position))
            {
                _again.Enqueue(record);
            }

            Signal();
        }
    }

    /// <summary>Whether the record has been acknowledged. Under the gate.</summary>
    internal bool IsAcknowledged(long position) => _acknowledged.Contains(position);

    /// <summary>Whether everything that was appended has been acknowledged. Under the gate.</summary>
    internal bool IsDone(long lastPosition) => _outstanding.Count == 0 && _page.Count == 0 && Floor >= lastPosition;

    /// <summary>Lets a waiting read look again. Under the gate.</summary>
    internal void Signal()
    {
        _waiting?.TrySetResult();
        _waiting = null;
    }

    /// <summary>
    /// A record leaves the queue without an acknowledgement. One that was read before stays readable by <see cref="Rewind"/>.
    /// False if it has been acknowledged, so that nothing is lost. Under the gate.
    /// </summary>
    internal bool Lose(long position)
    {
        if (_acknowledged.Contains(position))
        {
            return false;
        }

        if (_outstanding.TryGetValue(position, out var record))
        {
            _outstanding[position] = record with { IsLost = true };
        }

        // Beyond the page are records that memory lost while the disk could not take them: what the page holds is not lost with them.
        while (position <= _fetched && _page.TryPeek(out var first) && first.Position <= position)
        {
            _page.Dequeue();
        }

        return true;
    }

    /// <summary>What the reader wants from the disk: records after one position and up to another. Under the gate.</summary>
    internal bool TryGetPageRequest(out long after, out long through)
    {
        (after, through) = (_fetched, _buffer.Tail.EvictedThrough);
        return _isPageWanted;
    }

    /// <summary>Takes what was asked for. Under the gate.</summary>
    internal void TakePage(List<QueueRecord> records, bool isLast, long through)
    {
        foreach (var record in records)
        {
            _page.Enqueue(record);
        }

        _fetched = isLast ? through : records[^1].Position;
        _isPageWanted = false;
        Signal();
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
        }

        _page.Clear();
        _isPageWanted = false;
        _fetched = _handedOut = Floor;
        Signal();
    }

    private int Take(Span<QueueRecord> destination)
    {
        var count = 0;
        while (count < destination.Length)
        {
            if (_again.TryDequeue(out var record))
            {
                if (_outstanding.ContainsKey(record.Position))
                {
                    destination[count++] = record;
                }
            }
            else if (_outstanding.Count < MaxOutstanding && TryGetNext(out record))
            {
                if (HandOut(record))
                {
                    destination[count++] = record;
                }
            }
            else
            {
                break;
            }
        }

        return count;
    }

    private bool TryGetNext([MaybeNullWhen(false)] out QueueRecord record)
    {
        var isBehind = _buffer.IsDiskReadable && _fetched < _buffer.Tail.EvictedThrough;
        if (isBehind && _page.Count < PageRecords / 2 && !_isPageWanted)
        {
            _isPageWanted = true;
            _buffer.Alarm.RingNow();
        }

        if (_page.TryDequeue(out record))
        {
            return true;
        }

        if (isBehind || _buffer.GetAccepted(_fetched) is not { } next)
        {
            return false;
        }

        record = next;
        if (_fetched < _buffer.Tail.EvictedThrough)
        {
            // The disk cannot be read now: what is there comes later, and is not covered by this record's acknowledgement.
            _handedOut = Math.Max(_handedOut, _buffer.Tail.EvictedThrough);
        }

        _fetched = record.Position;
        return true;
    }

    /// <summary>False for a record that need not be handed out, because it was before.</summary>
    private bool HandOut(QueueRecord record)
    {
        // Positions between two records belong to nothing any more; the later one's acknowledgement covers them.
        var from = _handedOut + 1;
        _handedOut = record.Position;
        if (_acknowledged.Contains(record.Position) || _outstanding.ContainsKey(record.Position))
        {
            _acknowledged.Add(from, record.Position - 1);
            return false;
        }

        _outstanding.Add(record.Position, new Outstanding(record, from));
        return true;
    }

    private readonly record struct Outstanding(QueueRecord Record, long From, bool IsLost = false);
}
