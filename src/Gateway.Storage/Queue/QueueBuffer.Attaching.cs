namespace Gateway.Storage.Queue;

/// <content>What is in memory and what is in a file that was opened, or closed, come together.</content>
internal sealed partial class QueueBuffer
{
    /// <summary>The file is another one from now on. Answers the first position in memory, none of which is on the disk; what is before it is not in memory.</summary>
    public long LeaveFile()
    {
        lock (Gate)
        {
            Tail.ForgetFile();
            return Tail.First?.Position ?? long.MaxValue;
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

    /// <summary>So many records fewer are in the file than was thought.</summary>
    public void CorrectStoredCount(long missing)
    {
        lock (Gate)
        {
            _depth = Math.Max(0, _depth - missing);
        }
    }

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
