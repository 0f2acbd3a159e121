namespace Gateway.Storage.Queue;

/// <content>What gives way in memory. All of it under the gate.</content>
internal sealed partial class QueueBuffer
{
    private const int WorthWhile = 16;

    private bool MakeRoom(int cost)
    {
        while (Tail.Bytes + cost > _options.MemoryLimitBytes)
        {
            if (!Tail.EvictStored() && (IsRefusing || !GiveWay()))
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
        var isLost = !HasReaders;
        foreach (var reader in Readers)
        {
            isLost |= reader.Lose(position);
        }

        if (isLost)
        {
            _depth--;
            _drops.Add(device, reason);
        }

        return isLost;
    }
}
