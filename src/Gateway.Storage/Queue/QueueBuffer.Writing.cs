namespace Gateway.Storage.Queue;

/// <content>What the writer asks and tells.</content>
internal sealed partial class QueueBuffer
{
    /// <summary>How far the disk may be cleared, and how many acknowledgements that is since it was last asked with <paramref name="isDone"/>.</summary>
    public (long Through, int Count) GetDeletion(bool isDone)
    {
        lock (Gate)
        {
            var deletion = (Floor, _acknowledgedSinceDeletion);
            _acknowledgedSinceDeletion = isDone ? 0 : _acknowledgedSinceDeletion;
            return deletion;
        }
    }

    /// <summary>What may be cleared from the disk after what <see cref="GetDeletion"/> answered, since it was last asked: acknowledged before an older record was.</summary>
    public List<(long From, long To)> TakeScatteredDeletions(long after)
    {
        lock (Gate)
        {
            List<(long, long)> scattered = [.. _deletable.Within(after + 1, long.MaxValue)];
            _deletable.Clear();
            return scattered;
        }
    }

    /// <summary>What a reader wants from the disk, each in its turn; null if none wants anything.</summary>
    public PageRequest? GetPageRequest()
    {
        lock (Gate)
        {
            for (var n = 1; n <= Readers.Count; n++)
            {
                var turn = (_served + n) % Readers.Count;
                if (Readers[turn].TryGetPageRequest(out var lane, out var after, out var through))
                {
                    _served = turn;
                    return new PageRequest(Readers[turn], lane, after, through);
                }
            }

            return null;
        }
    }

    /// <summary>Gives a reader what it wanted.</summary>
    public void TakePage(PageRequest request, List<QueueRecord> records, bool isLast)
    {
        lock (Gate)
        {
            request.Reader.TakePage(request.Lane, records, isLast, request.Through);
        }
    }

    /// <summary>What each reader has acknowledged, for the file; at most <paramref name="maxRanges"/> ranges of each, the oldest.</summary>
    public List<(string Reader, long From, long To)> GetAcknowledged(int maxRanges)
    {
        lock (Gate)
        {
            return [.. Readers.SelectMany(reader => reader.Acknowledged.Within(1, long.MaxValue).Take(maxRanges).Select(range => (reader.Name, range.From, range.To)))];
        }
    }

    /// <summary>Sets the alarm for when the oldest pending record is due; at once if memory becomes scarce.</summary>
    public void SetAlarm()
    {
        lock (Gate)
        {
            if (Tail.PeekOldestPending() is { } oldest)
            {
                var left = (_options.MaxLoss / 2) - _timeProvider.GetElapsedTime(oldest.AppendedAt);
                if (IsCrowded || left <= TimeSpan.Zero)
                {
                    Alarm.RingNow();
                }
                else
                {
                    Alarm.RingWithin(left);
                }
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

    /// <summary>Records that wait and are not on the disk, as far as it has said.</summary>
    public int CountUnwritten()
    {
        lock (Gate)
        {
            return Tail.CountUnstored(entry => !entry.IsOfferedOnly && !IsAcknowledged(entry.Record.Position));
        }
    }

    /// <summary>Takes pending records in hand, and those of them that belong on the disk.</summary>
    public void TakeBatch(int maxRecords, int maxBytes, List<MemoryTail.Entry> batch, List<QueueRecord> inserts, List<(string Reader, Departure Departure)> departures)
    {
        lock (Gate)
        {
            Tail.TakeBatch(maxRecords, maxBytes, batch);
            batch.ForEach(entry => TryAddInsert(entry, inserts, departures));
        }
    }

    /// <summary>What the readers' uplinks wait for, to be on the disk.</summary>
    public List<(QueueReader Reader, Departure[] Departures)> GetUnsecured()
    {
        lock (Gate)
        {
            return [.. Readers.Select(reader => (reader, reader.GetUnsecured())).Where(unsecured => unsecured.Item2.Length > 0)];
        }
    }

    /// <summary>The uplinks need not wait for it any more.</summary>
    public void CompleteUnsecured(List<(QueueReader Reader, Departure[] Departures)> unsecured)
    {
        foreach (var (reader, departures) in unsecured)
        {
            ushort[] labels;
            lock (Gate)
            {
                labels = reader.ForgetUnsecured(departures);
            }

            reader.Secured?.Invoke(labels);
        }
    }

    /// <summary>The uplinks need not wait for the disk: it cannot be used.</summary>
    public void SecureUnsecured() => CompleteUnsecured(GetUnsecured());

    /// <summary>The batch is on the disk: with <c>max-loss: none</c> it is accepted now.</summary>
    public void CompleteBatch(List<MemoryTail.Entry> batch)
    {
        lock (Gate)
        {
            Tail.CompleteBatch();
        }

        lock (_acceptance)
        {
            Accept(batch);
        }

        if (batch.Count > 0)
        {
            Secure(batch[^1].Record.Position);
        }
    }

    /// <summary>What is in memory is as safe as it gets: there is no disk.</summary>
    public void SecureFromMemory() => Secure(GetLastPosition());

    /// <summary>The batch did not reach the disk.</summary>
    public void ReturnBatch()
    {
        lock (Gate)
        {
            Tail.ReturnBatch();
            _parkingInHand = 0;
        }
    }

    /// <summary>Accepts what is pending although it is not on the disk: there is no disk.</summary>
    public void AcceptFromMemory(int maxRecords, List<MemoryTail.Entry> batch)
    {
        do
        {
            lock (_acceptance)
            {
                TakeUnaccepted(maxRecords, batch);
                Accept(batch);
            }
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

            ForgetThrough(through);
            Tail.RemoveWhile(entry => entry.Record.Position <= through);
        }
    }

    /// <summary>Records on the disk were removed from among others; their copies here go as well.</summary>
    public void CountScatteredLosses(List<RemovedRecord> removed, DropReason reason)
    {
        if (removed.Count == 0)
        {
            return;
        }

        lock (Gate)
        {
            var positions = removed.Select(record => record.Position).ToHashSet();
            var last = removed.Max(record => record.Position);
            while (Tail.First?.Position <= last && Tail.EvictStored())
            {
            }

            foreach (var reader in Readers)
            {
                reader.Forget(positions);
            }

            removed.ForEach(record => Lose(record.Position, record.Device, reason));
        }
    }

    /// <summary>Records of a file that was damaged had no room in the new one.</summary>
    public void CountUnsalvaged(UnsalvagedRecords unsalvaged)
    {
        Count(unsalvaged.Records, DroppedNew);
        Count(unsalvaged.Parked, DropReason.Parked);
    }

    /// <summary>So many records that waited in a file alone are in no file any more.</summary>
    public void CountDamaged(long lost) => Count(new Dictionary<string, long> { [QueueDrops.GoneDevices] = lost }, DropReason.Damaged);

    /// <summary>Records were lost before they came to the queue.</summary>
    public void CountHeld(IReadOnlyDictionary<string, long> lost)
    {
        if (HasReaders)
        {
            Count(lost, DropReason.Held);
        }
    }

    /// <summary>See <see cref="OfflineQueue.SetDevices"/>.</summary>
    public void SetDevices(IReadOnlySet<string> devices)
    {
        lock (Gate)
        {
            _drops.SetDevices(devices);
        }
    }

    /// <summary>The counts of losses that the file does not know.</summary>
    public IReadOnlyList<QueueDrops> GetUnsavedDrops()
    {
        lock (Gate)
        {
            return _drops.GetUnsaved();
        }
    }

    /// <summary>The file knows them.</summary>
    public void CompleteDrops(IReadOnlyList<QueueDrops> drops)
    {
        if (drops.Count > 0)
        {
            lock (Gate)
            {
                _drops.SetSaved(drops);
            }
        }
    }

    /// <summary>Gives up what the disk has not taken, for good, and tells how many records of which device that are.</summary>
    public IReadOnlyList<(string Device, int Records)> DropUnwritten()
    {
        lock (Gate)
        {
            var lost = DropPending(Tail.PendingCount, static _ => true, DropReason.Unwritten);
            lost.AddRange(DropParking(lost));
            return [.. lost.CountBy(record => record.Device).Select(device => (device.Key, device.Value))];
        }
    }

    /// <summary>Drops pending records that are older than they may be.</summary>
    public void ExpirePending()
    {
        lock (Gate)
        {
            while (Tail.PeekOldestPending() is { } oldest && AgeOf(oldest.Record) > _options.MaxAge)
            {
                DropOldestPending(DropReason.Expired);
            }
        }
    }

    /// <summary>What the records take on the disk: the measure for the policies that refuse.</summary>
    public void SetUsedBytes(QueueStore store)
    {
        var (used, limit) = (store.UsedBytes, _options.GetRecordLimit(store.PageBytes));
        lock (Gate)
        {
            (_usedBytes, _limitBytes, IsRoomWanted) = (used, limit, false);
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

    private bool TryAddInsert(in MemoryTail.Entry entry, List<QueueRecord> inserts, List<(string Reader, Departure Departure)> departures)
    {
        if (entry.IsOfferedOnly || IsAcknowledged(entry.Record.Position))
        {
            return false;
        }

        inserts.Add(entry.Record);
        foreach (var reader in Readers)
        {
            if (reader.DepartureOf(entry.Record.Position) is { } departure)
            {
                departures.Add((reader.Name, departure));
            }
        }

        return true;
    }

    private void Count(IReadOnlyDictionary<string, long> lost, DropReason reason)
    {
        lock (Gate)
        {
            foreach (var (device, records) in lost)
            {
                _drops.Add(device, reason, records);
            }
        }
    }

    private void Secure(long through)
    {
        lock (_acceptance)
        {
            lock (Gate)
            {
                through = ToPlace(through);
            }

            _observer.Secured(through);
        }
    }

    private void TakeUnaccepted(int maxRecords, List<MemoryTail.Entry> batch)
    {
        batch.Clear();
        lock (Gate)
        {
            for (var entry = Tail.GetAfter(_acceptedThrough); entry is { } next && batch.Count < maxRecords; entry = Tail.GetAfter(next.Record.Position))
            {
                batch.Add(next);
            }
        }
    }

    // Within the lock of acceptance. Only with max-loss: none is anything not accepted yet; the writer, and the watch over its disk, accept then.
    private void Accept(List<MemoryTail.Entry> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        foreach (var entry in batch)
        {
            if (entry.Record.Position > _acceptedThrough && !entry.IsAgain)
            {
                _observer.Accepted(Correct(entry.Record));
            }
        }

        lock (Gate)
        {
            // Positions for which memory had no room are held by nobody, who would have to accept them.
            var last = batch[^1].Record.Position;
            _acceptedThrough = Math.Max(_acceptedThrough, Tail.GetAfter(last) is { } next ? next.Record.Position - 1 : _lastPosition);
            RemoveDone();
            SignalReaders();
        }
    }

    /// <summary>A page that a reader wants from the disk.</summary>
    /// <param name="Reader">Who wants it.</param>
    /// <param name="Lane">For which of its lanes.</param>
    /// <param name="After">It begins behind this position.</param>
    /// <param name="Through">It ends here at the latest.</param>
    internal readonly record struct PageRequest(QueueReader Reader, ReaderLane Lane, long After, long Through);
}
