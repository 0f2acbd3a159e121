namespace Gateway.Storage.Queue;

/// <content>What leaves the file, and the count of what is in it.</content>
internal sealed partial class QueueWriter
{
    /// <summary>
    /// Thins out before there is no room at all, a bounded stretch or a few at a commit, each in a transaction of its own: what it does not get done now
    /// finds room in what it keeps clear.
    /// </summary>
    private void ThinOut()
    {
        var limit = _options.GetRecordLimit(_store!.PageBytes);
        var enough = limit - (limit / KeptClear) - GetNeeded();
        if (_options.WhenFull != FullPolicy.ThinOut || _store.UsedBytes <= enough)
        {
            return;
        }

        if (_buffer.GetDeletion(isDone: false).Count > 0)
        {
            Delete();
        }

        // Of the newer half nothing was thinned out yet: it has as many positions as records.
        var last = _store.GetLast();
        var middle = last - (_buffer.StoredDepth / 2);
        for (var n = 0; n < StretchesAtOnce && _store.UsedBytes > enough && _thinning.TryGoOn(middle, last); n++)
        {
            _watch.Ask();
            _thinned.Clear();
            CountThrough(Math.Min(middle, _store.GetNth(_thinning.Through, ThinnedAtOnce)));
            _store.Begin();
            _store.ThinOut(_thinning, middle, ThinnedAtOnce, _options.MaxBatchBytes, _thinned);
            _store.Commit();
            _buffer.CountScatteredLosses(_thinned, DropReason.Thinned);
            ServePages();
        }
    }

    /// <summary>Drops the oldest, within the transaction that needs the room; a bounded number, though it may need more: the next one goes on.</summary>
    private void MakeRoom()
    {
        if (_options.WhenFull is FullPolicy.DropNewest or FullPolicy.Block)
        {
            return;
        }

        var needed = GetNeeded();
        var limit = _options.GetRecordLimit(_store!.PageBytes);
        for (var before = -1; _store.UsedBytes + needed > limit && _removed.Count > before && _removed.Count < DroppedAtOnce;)
        {
            before = _removed.Count;
            var through = _store.GetNth(0, Math.Max(_inserts.Count, 64));
            CountThrough(through);
            _store.DropThrough(through, _removed);
        }
    }

    private long GetNeeded() => _inserts.Sum(record => (long)record.DiskCost);

    private void Delete() => Delete([]);

    private void Delete(List<(QueueReader Reader, Departure[] Departures)> unsecured)
    {
        var through = _buffer.GetDeletion(isDone: true).Through;
        _deletedAt = _timeProvider.GetTimestamp();
        while (_store!.GetFirst(0) is { } first && first.Position + DeletedAtOnce < through)
        {
            _store.Begin();
            DeleteAcknowledged(through);
            _store.Commit();
            _watch.Ask();
            ServePages();
        }

        var scattered = _buffer.TakeScatteredDeletions(through);
        if (scattered.Count > 0)
        {
            CountThrough(scattered[^1].To);
        }

        _store.Begin();
        DeleteAcknowledged(through);
        scattered.ForEach(range => _store.DeleteRange(range.From, range.To));

        SaveAcknowledged();
        foreach (var (reader, departures) in unsecured)
        {
            foreach (var departure in departures.Where(departure => departure.Position > 0))
            {
                _store.Departures.Save(reader.Name, departure);
            }
        }

        _store.Commit();
        _buffer.SetUsedBytes(_store);
    }

    // Where one reader alone is, what it has acknowledged is no longer in the file.
    private void SaveAcknowledged()
    {
        if (_buffer.Readers.Count > 1 && _store!.GetFirst(0) is not null)
        {
            _store.SaveAcknowledged(_buffer.GetAcknowledged(MaxSavedRanges));
        }
    }

    /// <summary>A bounded number, so that no transaction grows with the backlog.</summary>
    private void DeleteAcknowledged(long through)
    {
        if (_store!.GetFirst(0) is { } first && first.Position <= through)
        {
            var end = Math.Min(through, first.Position + DeletedAtOnce);
            CountThrough(end);
            _store.DeleteThrough(end);
        }
    }

    /// <summary>Drops what is too old from the oldest record on; one whose age nobody knows goes with the next that is, for which now and then somebody looks.</summary>
    private void Expire(long floor, bool isMaintenance)
    {
        while (_store!.GetFirst(floor) is { } first && (_buffer.AgeOf(first.Time, first.Uptime, first.IsUnsynchronised) is { } age ? age > _options.MaxAge : isMaintenance))
        {
            _watch.Ask();
            _removed.Clear();
            CountThrough(_store.GetNth(floor, DeletionBatch));
            _store.Begin();
            _store.DeleteThrough(floor);
            _store.Expire(_clock.AgeNow - _options.MaxAge, _clock.Uptime - _options.MaxAge, DeletionBatch, _removed);
            _store.Commit();
            _buffer.CountLosses(_removed, DropReason.Expired);
            _buffer.SetUsedBytes(_store);
            ServePages();
            if (_removed.Count == 0)
            {
                return;
            }
        }
    }

    /// <summary>Room may come back by itself, as when others leave the disk: while records are refused somebody looks.</summary>
    private void MeasureRoom()
    {
        if (!_buffer.IsRoomWanted)
        {
            return;
        }

        var left = RoomCheckPeriod - _timeProvider.GetElapsedTime(_measuredAt);
        if (left > TimeSpan.Zero)
        {
            _buffer.Alarm.RingWithin(left);
            return;
        }

        _measuredAt = _timeProvider.GetTimestamp();
        _buffer.SetUsedBytes(_store!);
    }

    /// <summary>Counts what the file held, a little at a time. Damage shows here and not in the middle of a drain.</summary>
    private void CountOn()
    {
        if (_countedThrough < _countThrough)
        {
            CountThrough(_countedThrough + CountedAtOnce);
            if (_countedThrough >= _countThrough)
            {
                Log.QueueCounted(_logger, _buffer.Depth);
            }

            _buffer.Alarm.RingNow();
        }
    }

    /// <summary>Nothing is deleted before it was counted: until then each position was taken for a record.</summary>
    private void CountThrough(long through)
    {
        through = Math.Min(through, _countThrough);
        while (_countedThrough < through)
        {
            _watch.Ask();
            var gap = (_store!.GetFirst(_countedThrough)?.Position ?? long.MaxValue) - 1;
            var end = gap >= through ? through : Math.Min(through, gap + CountedAtOnce);
            _buffer.CorrectStoredCount(end - _countedThrough - _store.Count(_countedThrough, end));
            _countedThrough = end;
        }
    }
}
