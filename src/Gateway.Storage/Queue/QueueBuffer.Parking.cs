namespace Gateway.Storage.Queue;

/// <content>Records on their way to the parked ones and back.</content>
internal sealed partial class QueueBuffer
{
    private readonly List<(QueueReader Reader, long Place, ParkedRecord Parked)> _parking = [];
    private int _parkingInHand; // the oldest, which the writer has
    private long _parkingBytes;
    private bool _isRetryWanted;
    private bool _isPurgeWanted;

    /// <summary>What records on their way to the parked ones may take in memory, bytes.</summary>
    private long MaxParkingBytes => _options.MemoryLimitBytes / 4;

    /// <summary>A reader sets a record aside. While the disk cannot be used as many wait for it as may be parked there, and the oldest give way. Under the gate.</summary>
    public void BeginParking(QueueReader reader, long place, ParkedRecord parked)
    {
        _parking.Add((reader, place, parked));
        _parkingBytes += parked.Record.MemoryCost;
        _doneInMemory++;
        for (var waiting = _parking.Count - _parkingInHand; waiting > ParkedRecord.MaxRecords || (waiting > 1 && _parkingBytes > MaxParkingBytes); waiting--)
        {
            var (by, oldest, dropped) = _parking[_parkingInHand];
            _parking.RemoveAt(_parkingInHand);
            _parkingBytes -= dropped.Record.MemoryCost;
            _drops.Add(dropped.Record.Device, DropReason.Parked);
            by.Acknowledge(oldest);
        }

        Alarm.RingNow();
    }

    /// <summary>Takes the records in hand that are to be parked, until <see cref="CompleteParking"/> or <see cref="ReturnBatch"/>.</summary>
    public List<(QueueReader Reader, long Place, ParkedRecord Parked)> TakeParking()
    {
        lock (Gate)
        {
            _parkingInHand = _parking.Count;
            return [.. _parking];
        }
    }

    /// <summary>They are on the disk, for which the oldest parked ones of some devices had to go.</summary>
    public void CompleteParking(List<(QueueReader Reader, long Place, ParkedRecord Parked)> parked, List<string> dropped)
    {
        lock (Gate)
        {
            _parking.RemoveRange(0, parked.Count);
            _parkingInHand = 0;
            parked.ForEach(entry => _parkingBytes -= entry.Parked.Record.MemoryCost);
            parked.ForEach(entry => entry.Reader.Acknowledge(entry.Place));
            dropped.ForEach(device => _drops.Add(device, DropReason.Parked));
        }

        parked.ForEach(entry => _observer.Parked(entry.Place));
    }

    /// <summary>What is parked is to come again.</summary>
    public void RequestRetry()
    {
        lock (Gate)
        {
            _isRetryWanted = true;
        }

        Alarm.RingNow();
    }

    /// <summary>Whether what is parked is to come again.</summary>
    public bool IsRetryWanted
    {
        get
        {
            lock (Gate)
            {
                return _isRetryWanted;
            }
        }
    }

    /// <summary>It came, as much of it as there was room for.</summary>
    public void CompleteRetry()
    {
        lock (Gate)
        {
            _isRetryWanted = false;
        }
    }

    /// <summary>What is parked is to be thrown away.</summary>
    public void RequestPurge()
    {
        lock (Gate)
        {
            _isPurgeWanted = true;
        }

        Alarm.RingNow();
    }

    /// <summary>Whether what is parked is to be thrown away.</summary>
    public bool IsPurgeWanted
    {
        get
        {
            lock (Gate)
            {
                return _isPurgeWanted;
            }
        }
    }

    /// <summary>It is.</summary>
    public void CompletePurge()
    {
        lock (Gate)
        {
            _isPurgeWanted = false;
        }
    }

    /// <summary>Whether anything up to a position is not on the disk.</summary>
    public bool IsPendingThrough(long position)
    {
        lock (Gate)
        {
            return Tail.PeekOldestPending() is { } oldest && oldest.Record.Position <= position;
        }
    }

    /// <summary>Appends a record that was parked, for its reader alone; those on site have seen it. False if there is no room for it.</summary>
    public bool TryAppendAgain(ParkedRecord parked)
    {
        lock (_order)
        {
            lock (Gate)
            {
                var record = parked.Record with { Position = _lastPosition + 1 };
                if (!MakeRoom(record.MemoryCost) || !HasDiskRoom(record.DiskCost))
                {
                    return false;
                }

                _lastPosition++;
                _acceptedThrough = IsAcceptedByCommit ? _acceptedThrough : _lastPosition;
                foreach (var other in Readers.Where(reader => reader.Name != parked.Reader))
                {
                    other.PassOver(record.Position);
                }

                Enqueue(record, isOfferedOnly: false, isAgain: true);
                return true;
            }
        }
    }

    /// <summary>
    /// Gives up what was to be parked and is no longer in the queue, but for what is counted as lost already, for another reader. What is still in the file is
    /// read again by the next start. Under the gate.
    /// </summary>
    private List<QueueRecord> DropParking(List<QueueRecord> counted)
    {
        var positions = counted.Select(record => record.Position).ToHashSet();
        List<QueueRecord> lost = [];
        foreach (var (reader, place, parked) in _parking)
        {
            if (ToPosition(place) is var position && reader.IsLeftToParking(position) && positions.Add(position))
            {
                _drops.Add(parked.Record.Device, DropReason.Unwritten);
                lost.Add(parked.Record);
            }
        }

        return lost;
    }
}
