namespace Gateway.Storage.Queue;

/// <summary>
/// The newest records, in order: first those that are stored and kept as a cache, then those that the writer has in hand,
/// then the pending ones. Bounded by its owner, who evicts and drops. Not thread-safe.
/// </summary>
internal sealed class MemoryTail
{
    private readonly SortedSet<long> _urgent = [];
    private Entry[] _ring = new Entry[64];
    private int _head;
    private int _stored;
    private int _writing;

    /// <summary>Records in memory.</summary>
    public int Count { get; private set; }

    /// <summary>What they cost, bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>What those not yet stored will cost on the disk, bytes.</summary>
    public long UnstoredDiskBytes { get; private set; }

    /// <summary>What those not yet stored cost, bytes.</summary>
    public long UnstoredBytes { get; private set; }

    /// <summary>Records that are not stored yet.</summary>
    public int UnstoredCount => Count - _stored;

    /// <summary>Records that neither are stored nor in the writer's hand.</summary>
    public int PendingCount => Count - _stored - _writing;

    /// <summary>The highest position that is on the disk and not here; records up to it are read from the file.</summary>
    public long EvictedThrough { get; set; }

    /// <summary>The same of urgent records.</summary>
    public long EvictedUrgentThrough { get; set; }

    /// <summary>The last position here that is stored; 0 if none is.</summary>
    public long StoredThrough => _stored > 0 ? At(_stored - 1).Record.Position : 0;

    /// <summary>The oldest record here; null if there is none.</summary>
    public QueueRecord? First => Count > 0 ? At(0).Record : null;

    public void Add(in Entry entry)
    {
        if (Count == _ring.Length)
        {
            Grow();
        }

        Count++;
        At(Count - 1) = entry;
        Remember(entry.Record);
        Bytes += entry.Record.MemoryCost;
        CountUnstored(entry.Record, 1);
    }

    /// <summary>Lets go of the oldest cached record; false if no record here is on the disk.</summary>
    public bool EvictStored()
    {
        if (_stored == 0)
        {
            return false;
        }

        var evicted = RemoveHead().Record;
        EvictedThrough = evicted.Position;
        EvictedUrgentThrough = evicted.IsUrgent ? evicted.Position : EvictedUrgentThrough;
        return true;
    }

    /// <summary>The oldest pending record; null if none is pending.</summary>
    public Entry? PeekOldestPending() => PendingCount > 0 ? At(_stored + _writing) : null;

    /// <summary>Takes out the oldest pending record; null if none is pending.</summary>
    public Entry? DropOldestPending()
    {
        if (PendingCount == 0)
        {
            return null;
        }

        // What the writer has in hand is at most a batch: it moves up by one.
        var dropped = At(_stored + _writing);
        for (var i = _stored + _writing; i > 0; i--)
        {
            At(i) = At(i - 1);
        }

        At(0) = default;
        _head = (_head + 1) % _ring.Length;
        Count--;
        Forget(dropped.Record, isStored: false);
        return dropped;
    }

    /// <summary>Takes out, of the oldest so many pending records, those that are to go, and tells which they were.</summary>
    public List<Entry> RemovePending(int among, Func<Entry, bool> isGoing)
    {
        List<Entry> removed = [];
        var to = _stored + _writing;
        var end = to + Math.Min(among, PendingCount);
        for (var from = to; from < Count; from++)
        {
            var entry = At(from);
            if (from < end && isGoing(entry))
            {
                removed.Add(entry);
            }
            else
            {
                At(to++) = entry;
            }
        }

        for (var i = to; i < Count; i++)
        {
            At(i) = default;
        }

        Count = to;
        removed.ForEach(entry => Forget(entry.Record, isStored: false));
        return removed;
    }

    /// <summary>Takes out records from the oldest on, as long as they are of no more use.</summary>
    public void RemoveWhile(Func<Entry, bool> isDone)
    {
        while (Count > 0 && (_stored > 0 || _writing == 0) && isDone(At(0)))
        {
            RemoveHead();
        }
    }

    /// <summary>Hands pending records to the writer, oldest first. The one before must have been completed or returned.</summary>
    public void TakeBatch(int maxRecords, int maxBytes, List<Entry> batch)
    {
        for (var i = _stored; i < Count && batch.Count < maxRecords && maxBytes > 0; i++)
        {
            batch.Add(At(i));
            maxBytes -= At(i).Record.DiskCost;
        }

        _writing = batch.Count;
    }

    /// <summary>What the writer had in hand is on the disk.</summary>
    public void CompleteBatch()
    {
        for (var i = _stored; i < _stored + _writing; i++)
        {
            CountUnstored(At(i).Record, -1);
        }

        _stored += _writing;
        _writing = 0;
    }

    /// <summary>What the writer had in hand is not on the disk: it is pending again.</summary>
    public void ReturnBatch() => _writing = 0;

    /// <summary>The file is another one, without what is here: what was stored is pending again. What is on the disk alone comes into the new one.</summary>
    public void ForgetStored()
    {
        for (var i = 0; i < _stored; i++)
        {
            CountUnstored(At(i).Record, 1);
        }

        (_stored, _writing) = (0, 0);
    }

    /// <summary>The same, and nothing is on the disk alone.</summary>
    public void ForgetFile()
    {
        ForgetStored();
        (EvictedThrough, EvictedUrgentThrough) = (0, 0);
    }

    /// <summary>The file turned out to end at a position: what was pending up to there is on the disk, and what was stored behind it is pending again.</summary>
    public void SetStoredThrough(long position)
    {
        _writing = 0;
        while (_stored < Count && At(_stored).Record.Position <= position)
        {
            CountUnstored(At(_stored++).Record, -1);
        }

        while (_stored > 0 && At(_stored - 1).Record.Position > position)
        {
            CountUnstored(At(--_stored).Record, 1);
        }
    }

    /// <summary>Counts the records of a kind.</summary>
    public int CountAll(Func<Entry, bool> isCounted) => CountFrom(0, isCounted);

    /// <summary>Counts the pending records of a kind.</summary>
    public int CountPending(Func<Entry, bool> isCounted) => CountFrom(_stored + _writing, isCounted);

    /// <summary>Counts the records of a kind that are not stored.</summary>
    public int CountUnstored(Func<Entry, bool> isCounted) => CountFrom(_stored, isCounted);

    /// <summary>Gives all records new positions from <paramref name="first"/> on, in the same order.</summary>
    public void Renumber(long first)
    {
        _urgent.Clear();
        for (var i = 0; i < Count; i++)
        {
            ref var entry = ref At(i);
            entry = entry with { Record = entry.Record with { Position = first + i } };
            Remember(entry.Record);
        }
    }

    /// <summary>The first record after a position; null if there is none.</summary>
    public Entry? GetAfter(long position)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (At(middle).Record.Position <= position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < Count ? At(low) : null;
    }

    /// <summary>Whether a record is here and neither stored nor in the writer's hand.</summary>
    public bool IsUnwritten(long position) =>
        PendingCount > 0 && At(_stored + _writing).Record.Position <= position && GetAfter(position - 1)?.Record.Position == position;

    /// <summary>The first urgent record after a position; null if there is none.</summary>
    public Entry? GetUrgentAfter(long position) =>
        _urgent.Count > 0 && _urgent.Max > position ? GetAfter(_urgent.GetViewBetween(position + 1, long.MaxValue).Min - 1) : null;

    private ref Entry At(int index) => ref _ring[(_head + index) % _ring.Length];

    private Entry RemoveHead()
    {
        var entry = At(0);
        var isStored = _stored > 0;
        At(0) = default;
        _head = (_head + 1) % _ring.Length;
        Count--;
        if (isStored)
        {
            _stored--;
        }

        Forget(entry.Record, isStored);
        return entry;
    }

    private void Forget(QueueRecord record, bool isStored)
    {
        Bytes -= record.MemoryCost;
        if (record.IsUrgent)
        {
            _urgent.Remove(record.Position);
        }

        CountUnstored(record, isStored ? 0 : -1);
    }

    private int CountFrom(int first, Func<Entry, bool> isCounted)
    {
        var count = 0;
        for (var i = first; i < Count; i++)
        {
            count += isCounted(At(i)) ? 1 : 0;
        }

        return count;
    }

    private void CountUnstored(QueueRecord record, int times)
    {
        UnstoredBytes += times * record.MemoryCost;
        UnstoredDiskBytes += times * record.DiskCost;
    }

    private void Remember(QueueRecord record)
    {
        if (record.IsUrgent)
        {
            _urgent.Add(record.Position);
        }
    }

    private void Grow()
    {
        var larger = new Entry[_ring.Length * 2];
        for (var i = 0; i < Count; i++)
        {
            larger[i] = At(i);
        }

        (_ring, _head) = (larger, 0);
    }

    /// <summary>A record in memory.</summary>
    /// <param name="Record">The record.</param>
    /// <param name="AppendedAt">When it was appended, a monotonic timestamp.</param>
    /// <param name="IsOfferedOnly">Whether it waits for its turn to be offered and is not queued (<see cref="FullPolicy.DropNewest"/>).</param>
    /// <param name="IsAgain">Whether it was offered long ago (<see cref="ParkedRecord"/>).</param>
    internal readonly record struct Entry(QueueRecord Record, long AppendedAt, bool IsOfferedOnly = false, bool IsAgain = false);
}
