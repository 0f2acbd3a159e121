namespace Gateway.Storage.Queue;

/// <content>What is in memory and what is in a file that was opened, or closed, come together.</content>
internal sealed partial class QueueBuffer
{
    private (long From, long Through)? _left; // the first position in memory when the file was left, and the last of those that were in that file, too

    /// <summary>
    /// A new file takes the place of the present one, which cannot be used any more. Answers the first position in memory; what is before it is to be salvaged, and
    /// is read from the new file once that is attached.
    /// </summary>
    public long LeaveFile()
    {
        lock (Gate)
        {
            // While the file is salvaged nothing leaves memory for the disk: half of it stays free for what comes. What goes is read from the damaged file.
            while (_left is null && Tail.Bytes > _options.MemoryLimitBytes / 2 && Tail.EvictStored())
            {
            }

            // In a second attempt as in the first: what has gone from memory in between has arrived, or is counted.
            _left ??= (Tail.First?.Position ?? long.MaxValue, Tail.StoredThrough);
            Tail.ForgetStored();
            return _left.Value.From;
        }
    }

    /// <summary>What was in the file that was left, is still here and has not arrived: so much of it after a position, with the numbers under which it left. Answers the position to go on after.</summary>
    public long GetLeft(long after, int maxRecords, int maxBytes, List<QueueRecord> inserts, List<(string Reader, Departure Departure)> departures)
    {
        lock (Gate)
        {
            while (inserts.Count < maxRecords && maxBytes > 0 && Tail.GetAfter(after) is { } entry && entry.Record.Position <= _left?.Through)
            {
                after = entry.Record.Position;
                if (TryAddInsert(entry, inserts, departures))
                {
                    maxBytes -= entry.Record.DiskCost;
                }
            }

            return after;
        }
    }

    /// <summary>The file is open. Brings what is in memory and what is in the file together.</summary>
    public void Attach(QueueStore store)
    {
        // Nothing is being accepted by positions that change here.
        lock (_acceptance)
            lock (Gate)
            {
                var isForeign = !store.IsNew && store.LastBoot != Boot && store.LastPosition > Tail.EvictedThrough;
                if (store.IsNew)
                {
                    Tail.ForgetFile();
                }
                else if (isForeign)
                {
                    // A backlog that was not there when this boot began: what is in memory comes after it.
                    Tail.ForgetFile();
                    _deletable.Clear(); // of positions that are those of other records now
                    _epoch += _sequence > 0 ? 1 : 0;
                    Renumber(Math.Max(store.HighestPosition, _lastPosition));
                    Tail.EvictedThrough = store.LastPosition;
                    Tail.EvictedUrgentThrough = store.LastUrgentPosition;
                }
                else
                {
                    // The last commit may have reached the disk although it failed, and earlier ones may be gone with a damaged log.
                    Tail.SetStoredThrough(store.LastPosition);
                    var onDiskAlone = Math.Min(store.LastPosition, (Tail.First?.Position ?? long.MaxValue) - 1);
                    Tail.EvictedThrough = Math.Max(Tail.EvictedThrough, onDiskAlone);
                    Tail.EvictedUrgentThrough = Math.Max(Tail.EvictedUrgentThrough, Math.Min(store.LastUrgentPosition, onDiskAlone));
                }

                _left = null;
                _drops.Attach(store.Dropped);
                IsDiskReadable = true;
                var before = isForeign ? (store.GetFirst(0)?.Position ?? 1) - 1 : 0;
                foreach (var reader in Readers)
                {
                    reader.Restart(isForeign);
                    if (isForeign)
                    {
                        reader.BeginAfter(before);
                    }

                    if (isForeign && store.Acknowledged.TryGetValue(reader.Name, out var acknowledged))
                    {
                        reader.Resume(acknowledged);
                    }

                    if (isForeign && store.Departed.TryGetValue(reader.Name, out var departed))
                    {
                        reader.Recall(departed);
                    }
                }
            }
    }

    /// <summary>The file is closed, in trouble.</summary>
    public void Detach()
    {
        lock (Gate)
        {
            Tail.ReturnBatch();
            IsDiskReadable = false;
            SignalReaders();
        }
    }

    /// <summary>So many records are in the file, as far as that is known.</summary>
    public void SetStoredCount(long stored)
    {
        lock (Gate)
        {
            _depth = stored + Tail.CountPending(entry => !entry.IsOfferedOnly && !IsAcknowledged(entry.Record.Position));
        }
    }

    /// <summary>What waits, and what of that is to be in the file alone, to be compared with a file that took the place of another.</summary>
    public WaitingRecords GetWaiting()
    {
        lock (Gate)
        {
            var through = (Tail.First?.Position ?? QueueStore.ImpossiblePosition) - 1;
            var underWay = Readers.SelectMany(reader => reader.GetOutstanding(through)).Distinct().Where(IsAcknowledgedOrUnderWay).ToList();
            IEnumerable<(long From, long To)> acknowledged = Readers.Count == 0 ? [] : Readers[0].Acknowledged.Within(1, through);
            foreach (var reader in Readers.Skip(1))
            {
                acknowledged = acknowledged.SelectMany(range => reader.Acknowledged.Within(range.From, range.To));
            }

            var inMemory = Tail.CountAll(entry => !entry.IsOfferedOnly && !IsAcknowledged(entry.Record.Position)) + underWay.Count;
            return new WaitingRecords(_depth - inMemory, through, underWay, [.. acknowledged]);
        }
    }

    /// <summary>The last position that was in the file and is not in memory. A file that does not come as far is an older one, or has lost a part of its log.</summary>
    public long InFileThrough
    {
        get
        {
            lock (Gate)
            {
                return Tail.EvictedThrough;
            }
        }
    }

    /// <summary>Whether a record that is in the file has not arrived, and was not handed out either, which would be in memory.</summary>
    public bool IsInFileAlone(long position)
    {
        lock (Gate)
        {
            return !IsAcknowledgedOrUnderWay(position);
        }
    }

    /// <summary>So many records fewer are in the file than was thought.</summary>
    public void CorrectStoredCount(long missing)
    {
        lock (Gate)
        {
            _depth = Math.Max(0, _depth - missing);
        }
    }

    private bool IsAcknowledgedOrUnderWay(long position) => Readers.All(reader => reader.IsAcknowledged(position) || reader.IsOutstanding(position));

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

    /// <summary>What waits in a file.</summary>
    /// <param name="OnDisk">Records that are nowhere but in the file, as far as that is known.</param>
    /// <param name="Through">They are up to here.</param>
    /// <param name="UnderWay">Positions up to there that were handed out to whoever has not acknowledged them: they are in memory.</param>
    /// <param name="Acknowledged">Positions up to there that have arrived, and may be in the file still.</param>
    internal sealed record WaitingRecords(long OnDisk, long Through, IReadOnlyList<long> UnderWay, IReadOnlyList<(long From, long To)> Acknowledged);
}
