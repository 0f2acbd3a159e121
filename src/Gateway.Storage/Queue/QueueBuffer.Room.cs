namespace Gateway.Storage.Queue;

/// <content>What gives way in memory. All of it under the gate.</content>
internal sealed partial class QueueBuffer
{
    private const int WorthWhile = 16;

    private long _doneInMemory; // at most so many of the pending records are of no more use

    private bool MakeRoom(int cost)
    {
        while (Tail.Bytes + _parkingBytes + cost > _options.MemoryLimitBytes)
        {
            if (!Tail.EvictStored() && !ClearDone() && (IsRefusing || !GiveWay()))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Takes out the pending records that are of no more use and stand behind one that is; not before they may be a sixteenth of all, so that a record costs a
    /// bounded time however many there are. While the disk works they go with the next commit.
    /// </summary>
    private bool ClearDone()
    {
        if (_doneInMemory <= Tail.PendingCount / WorthWhile)
        {
            return false;
        }

        var count = Tail.Count;
        DropPending(Tail.PendingCount, IsDone, DropReason.Oldest);
        _doneInMemory = 0;
        return Tail.Count < count;
    }

    // What is to be parked is no longer needed here; unless it is parked on the disk, which it leaves once it is in the queue.
    private bool IsDone(MemoryTail.Entry entry)
    {
        if (entry.IsOfferedOnly)
        {
            return entry.Record.Position <= _acceptedThrough;
        }

        foreach (var reader in Readers)
        {
            if (!reader.IsAcknowledged(entry.Record.Position) && (entry.IsAgain || !reader.IsParking(entry.Record.Position)))
            {
                return false;
            }
        }

        return true;
    }

    private bool HasDiskRoom(int cost)
    {
        if (!IsRefusing || _usedBytes + Tail.UnstoredDiskBytes + cost <= _limitBytes)
        {
            return true;
        }

        if (!IsRoomWanted)
        {
            IsRoomWanted = true;
            Alarm.RingNow();
        }

        return false;
    }

    private bool GiveWay() => _options.WhenFull == FullPolicy.ThinOut ? ThinPending() : DropOldestPending(DropReason.Oldest);

    /// <summary>
    /// Of the older half every second record of each point; where that takes little, the oldest sixteenth of all; what is urgent only when nothing else is left. Each pass
    /// takes its part of what it looks at, so that a record costs a bounded time however many there are.
    /// </summary>
    private bool ThinPending()
    {
        var (count, half) = (Tail.Count, Tail.PendingCount / 2);
        HashSet<(string Device, string Point)> stayed = [];
        DropPending(half, entry => !entry.Record.IsUrgent && !stayed.Add((entry.Record.Device, entry.Record.Point)) && stayed.Remove((entry.Record.Device, entry.Record.Point)), DropReason.Thinned);
        if (count - Tail.Count > half / WorthWhile)
        {
            return true;
        }

        var share = (Tail.PendingCount + WorthWhile - 1) / WorthWhile;
        var left = share;
        DropPending(Tail.PendingCount, entry => !entry.Record.IsUrgent && left-- > 0, DropReason.Oldest);
        if (Tail.Count == count)
        {
            DropPending(share, static _ => true, DropReason.Oldest);
        }

        return Tail.Count < count;
    }

    private bool DropOldestPending(DropReason reason)
    {
        if (Tail.DropOldestPending() is not { } dropped)
        {
            return false;
        }

        if (!dropped.IsOfferedOnly)
        {
            ForgetThrough(dropped.Record.Position);
            Lose(dropped.Record.Position, dropped.Record.Device, reason);
        }

        return true;
    }

    /// <summary>Of the oldest so many pending records those that are to go; what was acknowledged or is only offered goes uncounted. Answers those that are lost.</summary>
    private List<QueueRecord> DropPending(int among, Func<MemoryTail.Entry, bool> isGoing, DropReason reason)
    {
        var lost = Tail.RemovePending(among, isGoing).Where(entry => !entry.IsOfferedOnly).Select(entry => entry.Record).ToList();
        lost.RemoveAll(record => !Lose(record.Position, record.Device, reason));
        return lost;
    }

    private bool Lose(long position, string device, DropReason reason)
    {
        var (isLost, isParking) = (!HasReaders, false);
        foreach (var reader in Readers)
        {
            isParking |= reader.IsParking(position);
            isLost |= reader.Lose(position);
        }

        if (isLost || isParking)
        {
            _depth--;
        }

        if (isLost)
        {
            _drops.Add(device, reason);
        }

        return isLost;
    }
}
