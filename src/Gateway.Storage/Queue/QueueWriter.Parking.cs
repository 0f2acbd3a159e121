namespace Gateway.Storage.Queue;

/// <content>Parks what readers set aside, and brings it back.</content>
internal sealed partial class QueueWriter
{
    private const int RetriedAtOnce = 50;

    private readonly List<string> _droppedParked = [];
    private readonly List<ParkedRecord> _back = []; // in the queue again, and perhaps parked still

    private void ParkAndRetry()
    {
        FinishRetry(); // of an attempt that the disk ended: what is parked again since then must not go with what was parked before
        if (_buffer.TakeParking() is { Count: > 0 } parking)
        {
            _droppedParked.Clear();
            _store!.Begin();
            _store.Parked.Add(parking.Select(entry => entry.Parked), _droppedParked);
            _store.Commit();
            _buffer.CompleteParking(parking, _droppedParked);
        }

        if (_buffer.IsPurgeWanted)
        {
            _store!.Begin();
            _store.Parked.Delete(_store.Parked.Read(0, ParkedRecord.MaxRecords));
            _store.Commit();
            _buffer.SetUsedBytes(_store);
            _buffer.CompletePurge();
        }

        // What the disk does not do now is done once it can be used again.
        if (_buffer.IsRetryWanted)
        {
            Retry();
            _buffer.CompleteRetry();
        }
    }

    // First they are in the queue, and then no longer parked: what a power cut leaves in both places has the same key.
    private void Retry()
    {
        var names = _buffer.Readers.Select(reader => reader.Name).ToHashSet();
        var last = 0L;
        while (_store!.Parked.Read(last, RetriedAtOnce) is { Count: > 0 } parked)
        {
            last = parked[^1].Id;
            _back.AddRange(parked.Where(record => names.Contains(record.Reader)).Select(WithUptime).TakeWhile(_buffer.TryAppendAgain));
            FinishRetry();
        }
    }

    private void FinishRetry()
    {
        if (_back.Count == 0)
        {
            return;
        }

        for (var through = _buffer.GetLastPosition(); _buffer.IsPendingThrough(through);)
        {
            CommitBatch();
        }

        _store!.Begin();
        _store.Parked.Delete(_back);
        _store.Commit();
        _back.Clear();
        ServePages();
    }

    // Time since an earlier start of the machine is of no meaning now.
    private ParkedRecord WithUptime(ParkedRecord parked) =>
        _store!.IsOfThisMachineBoot(parked.Record.Boot) ? parked : parked with { Record = parked.Record with { Uptime = null } };
}
