using System.Diagnostics.CodeAnalysis;

namespace Gateway.Storage.Queue;

/// <content>
/// Which record is next. Three lanes lead through the queue: what is urgent; what is live, from memory; and everything else, which with
/// <see cref="DrainOrder.LiveFirst"/> ends at the boundary where live begins. What one lane has handed out another passes over.
/// </content>
public sealed partial class QueueReader
{
    /// <summary>Rows of a page that is read from the disk.</summary>
    internal const int PageRecords = 1000;

    /// <summary>Of so many records one at least is backlog, and all others may be live, while there is enough of both.</summary>
    private const int BacklogTurn = 4;

    private readonly ReaderLane _urgent = new(isUrgentOnly: true);
    private readonly ReaderLane _main = new(isUrgentOnly: false);
    private readonly ReaderLane _live = new(isUrgentOnly: false);
    private long _boundary; // what comes behind it is live
    private int _allowance = int.MaxValue;
    private int _window = int.MaxValue;
    private bool _isHeldByWindow;
    private bool _holdsForClock;
    private TimeSpan _heldBefore; // since the machine's start
    private bool _isHolding;
    private int _turn;

    // The window is narrow where messages wait long, whoever they wait behind: behind live ones the backlog has the share that its turns give it.
    private int MainWindow => Math.Max(_window, _live.Outstanding / (BacklogTurn - 1));

    private long MainThrough => Order == DrainOrder.LiveFirst ? _boundary : long.MaxValue;

    /// <summary>What the reader wants from the disk: records after one position and up to another. Under the gate.</summary>
    internal bool TryGetPageRequest([NotNullWhen(true)] out ReaderLane? lane, out long after, out long through)
    {
        lane = _urgent.IsPageWanted ? _urgent : _main.IsPageWanted ? _main : null;
        (after, through) = lane is null ? (0, 0) : (lane.Fetched, StoredThrough(lane));
        return lane is not null;
    }

    /// <summary>Takes what was asked for. Under the gate.</summary>
    internal void TakePage(ReaderLane lane, List<QueueRecord> records, bool isLast, long through)
    {
        lane.TakePage(records, isLast, through);
        Signal();
    }

    // A read that waits for room is woken for a quarter of the window: woken for each record, it would cost more than the record.
    private void LeaveWindow(in Outstanding record)
    {
        if (record.Lane is not { } lane)
        {
            return;
        }

        lane.Outstanding--;
        var window = MainWindow;
        if (_isHeldByWindow && _main.Outstanding <= window - Math.Max(1, window / 4))
        {
            _isHeldByWindow = false;
            Signal();
        }
    }

    private int Take(Span<QueueRecord> destination)
    {
        var count = 0;
        while (count < destination.Length && TryTake(out var record))
        {
            destination[count++] = _buffer.Place(record);
        }

        return count;
    }

    private bool TryTake([MaybeNullWhen(false)] out QueueRecord record)
    {
        if (TryTakeAgain(out record))
        {
            return true;
        }

        if (_outstanding.Count >= MaxOutstanding)
        {
            return false;
        }

        if (TryTakeFrom(_urgent, long.MaxValue, out record))
        {
            return true;
        }

        _turn = (_turn + 1) % BacklogTurn;
        return _turn == 0
            ? TryTakeMain(out record) || TryTakeLive(out record)
            : TryTakeLive(out record) || TryTakeMain(out record);
    }

    private bool TryTakeAgain([MaybeNullWhen(false)] out QueueRecord record)
    {
        while (true)
        {
            while (_ahead.TryDequeue(out record))
            {
                if (HandOutAgain(ref record))
                {
                    return true;
                }
            }

            while (_again.TryPeek(out record) && !(_outstanding.ContainsKey(record.Position) && Holds(record)))
            {
                _again.Dequeue();
                if (HandOutAgain(ref record))
                {
                    _isHolding = false;
                    return true;
                }
            }

            if (record is null || !_mayBeAhead)
            {
                return false;
            }

            FindAhead();
        }
    }

    // What is urgent or live does not wait behind what is held: what came after it would overtake it.
    private void FindAhead()
    {
        for (var left = _again.Count; left > 0; left--)
        {
            var record = _again.Dequeue();
            var isAhead = record.IsUrgent || (Order == DrainOrder.LiveFirst && record.Position > _boundary);
            (isAhead ? _ahead : _again).Enqueue(record);
        }

        _mayBeAhead = false;
    }

    private bool HandOutAgain(ref QueueRecord record)
    {
        if (!_outstanding.TryGetValue(record.Position, out var entry))
        {
            return false;
        }

        record = Renew(record);
        _outstanding[record.Position] = entry with { Record = record };
        return true;
    }

    private bool TryTakeMain([MaybeNullWhen(false)] out QueueRecord record)
    {
        record = null;
        _isHeldByWindow = _main.Outstanding >= MainWindow;
        if (_allowance == 0 || _isHeldByWindow || _again.Count > 0)
        {
            return false;
        }

        _isHolding = false;
        if (!TryTakeFrom(_main, MainThrough, out record))
        {
            if (!_isHolding)
            {
                CloseGapBelowBoundary();
            }

            return false;
        }

        _allowance -= _allowance == int.MaxValue ? 0 : 1;
        return true;
    }

    private bool TryTakeLive([MaybeNullWhen(false)] out QueueRecord record)
    {
        record = null;
        if (Order != DrainOrder.LiveFirst)
        {
            return false;
        }

        // What memory could not hold until its turn came has become backlog.
        if (_live.Fetched < _buffer.Tail.EvictedThrough)
        {
            BeginLive(_buffer.Tail.EvictedThrough);
        }

        while (_buffer.GetAccepted(_live.Fetched, isUrgentOnly: false) is { } next)
        {
            _live.Fetched = next.Position;
            record = next;
            if (HandOut(_live, ref record))
            {
                return true;
            }
        }

        record = null;
        return false;
    }

    private bool TryTakeFrom(ReaderLane lane, long through, [MaybeNullWhen(false)] out QueueRecord record)
    {
        while (TryGetNext(lane, through, out record))
        {
            if (HandOut(lane, ref record))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryGetNext(ReaderLane lane, long through, [MaybeNullWhen(false)] out QueueRecord record)
    {
        var stored = StoredThrough(lane);
        var isBehind = _buffer.IsDiskReadable && lane.Fetched < stored;
        if (isBehind && lane.PageCount < PageRecords / 2 && !lane.IsPageWanted)
        {
            lane.IsPageWanted = true;
            _buffer.Alarm.RingNow();
        }

        if (lane.TryPeekAtPage(out record))
        {
            if (!lane.IsUrgentOnly && Holds(record))
            {
                return false;
            }

            lane.TakeFromPage();
            return true;
        }

        if (isBehind || _buffer.GetAccepted(lane.Fetched, lane.IsUrgentOnly) is not { } next || next.Position > through || (!lane.IsUrgentOnly && Holds(next)))
        {
            return false;
        }

        record = next;
        if (lane.Fetched < stored)
        {
            // The disk cannot be read now: what is there comes later, and is not covered by this record's acknowledgement.
            lane.HandedOut = Math.Max(lane.HandedOut, stored);
        }

        lane.Fetched = record.Position;
        return true;
    }

    /// <summary>False for a record that need not be handed out, because it was before.</summary>
    private bool HandOut(ReaderLane lane, ref QueueRecord record)
    {
        // Positions between two records belong to nothing any more; the later one's acknowledgement covers them. An urgent one says
        // nothing of what it overtook.
        var from = lane.IsUrgentOnly ? record.Position : lane.HandedOut + 1;
        lane.HandedOut = record.Position;
        if (_acknowledged.Contains(record.Position) || _outstanding.ContainsKey(record.Position))
        {
            _acknowledged.Add(from, record.Position - 1);
            return false;
        }

        record = Renew(record);
        _outstanding.Add(record.Position, new Outstanding(record, from, lane));
        lane.Outstanding++;
        return true;
    }

    // What was read before and comes again may have waited since, and may have a better time.
    private QueueRecord Renew(QueueRecord record)
    {
        record = _buffer.Correct(record);
        return Order == DrainOrder.LiveFirst && record.Position <= _boundary && !record.IsBacklog ? record with { IsBacklog = true } : record;
    }

    // Notes that something waits, too.
    private bool Holds(QueueRecord record) =>
        _holdsForClock && !record.IsUrgent && record.Uptime < _heldBefore && _buffer.MayBeCorrected(record) && (_isHolding = true);

    /// <summary>The highest position that a lane has to read from the disk.</summary>
    private long StoredThrough(ReaderLane lane) =>
        lane.IsUrgentOnly ? _buffer.Tail.EvictedUrgentThrough : Math.Min(MainThrough, _buffer.Tail.EvictedThrough);

    private void BeginLive(long boundary)
    {
        _boundary = boundary;
        _live.MoveTo(boundary);
    }

    // It would overtake what the main lane has not come to yet, which hands it out in its turn.
    private void ReturnToBacklog(Queue<QueueRecord> again)
    {
        for (var left = again.Count; left > 0; left--)
        {
            var record = again.Dequeue();
            if (record.Position > _main.HandedOut && _outstanding.TryGetValue(record.Position, out var entry) && entry is { IsLost: false } && entry.Lane == _live)
            {
                _outstanding.Remove(record.Position);
                _live.Outstanding--;
            }
            else
            {
                again.Enqueue(record);
            }
        }
    }

    /// <summary>Positions between the last of the backlog and the first that is live belong to nothing, once all of the backlog was handed out.</summary>
    private void CloseGapBelowBoundary()
    {
        if (Order == DrainOrder.LiveFirst && _main.HandedOut < _boundary && _main.PageCount == 0 && _buffer.IsDiskReadable
            && _main.Fetched >= StoredThrough(_main))
        {
            _acknowledged.Add(_main.HandedOut + 1, _boundary);
            _main.MoveTo(_boundary);
        }
    }
}
