using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Queue;

/// <content>Opens the file, or begins a new one with what can be read of a damaged one.</content>
internal sealed partial class QueueWriter
{
    // The former goes when there is another. Until then it gives what waits in it, and nothing that is newer is sent before that.
    private void Reopen()
    {
        var former = _store!;
        try
        {
            Open();
        }
        catch (SqliteException exception) when (_store == former && DiskTrouble.IsUnopenable(exception))
        {
            throw DiskTrouble.ToUnwritable(exception);
        }
        finally
        {
            if (_store != former)
            {
                Dispose(former);
            }
        }
    }

    private void Open()
    {
        Directory.CreateDirectory(_options.Folder);
        _lock ??= Lock();
        ForgiveBadPlace();
        Salvage();
        _store = QueueStore.Open(_options.File, _options.CheckpointPages, _clock.BootId, _options.MaxParkedBytes);
        _isOtherFile |= _isNumbered && !_isStartedOver && (_store.IsNew || _store.LastPosition < _buffer.InFileThrough);
        _isStartedOver = false;
        if (_store.Offset is { } known)
        {
            _clock.Adopt(known);
        }

        try
        {
            BeginBoot(_store);
        }
        catch (SqliteException exception) when (DiskTrouble.IsReadable(exception))
        {
            // What is there can be sent all the same.
            _buffer.TryBegin(BootFile.Invent(), _store.HighestPosition);
            Attach(_store);
            throw;
        }

        Attach(_store);
    }

    /// <summary>
    /// What can be read of a damaged file begins a new one. The damaged one stays in its place until all of that is on the disk under another
    /// name: whenever the gateway is killed, its next start either finds the damage again or has only the names left to change.
    /// </summary>
    private void Salvage()
    {
        SqliteFile.Delete(_options.PartialFile);
        if (_damage is not null && !File.Exists(_options.SalvagedFile))
        {
            BeginNewFile();
        }

        if (File.Exists(_options.SalvagedFile))
        {
            if (File.Exists(_options.File))
            {
                var path = SqliteFile.SetAside(_options.File, _timeProvider.GetUtcNow());
                Log.QueueSetAside(_logger, _damage ?? DiskTrouble.DescribeDamage(_options.File), path);
                _statistics = _statistics with { SetAside = path };
            }

            SqliteFile.Delete(_options.File); // a log that was left behind
            File.Move(_options.SalvagedFile, _options.File);
            (_damage, _badPlace, _readFailures, _salvageFailures) = (null, null, 0, 0);
        }
    }

    private void BeginNewFile()
    {
        var bytes = SqliteFile.Measure(_options.File);
        if (!_options.HasRoomToSalvage(bytes))
        {
            SqliteFile.DeleteSetAside(_options.File);
        }

        if (!_options.HasRoomToSalvage(bytes))
        {
            throw new StorageException($"{_damage}, and the disk has no room for a new one: free {bytes / 1_000_000.0:0.0} MB");
        }

        // Positions in memory say nothing about those of a file that has not been open yet.
        var before = _isNumbered ? _buffer.LeaveFile() : long.MaxValue;
        var unsalvaged = new UnsalvagedRecords(position => !_isNumbered || _buffer.IsInFileAlone(position));
        try
        {
            FillNewFile(before, unsalvaged);
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            SqliteFile.Delete(_options.PartialFile);
            throw;
        }

        File.Move(_options.PartialFile, _options.SalvagedFile);
        _buffer.CountUnsalvaged(unsalvaged);
        (_isOtherFile, _unsalvaged) = (_isNumbered, unsalvaged.Records.Values.Sum());
    }

    private void FillNewFile(long before, UnsalvagedRecords unsalvaged)
    {
        using var store = QueueStore.Open(_options.PartialFile, _options.CheckpointPages, _clock.BootId, _options.MaxParkedBytes);
        try
        {
            if (_isNumbered)
            {
                store.MarkBoot(_buffer.Boot);
            }

            var records = QueueSalvage.Fill(_options.File, store, before, _options, unsalvaged);
            Log.QueueSalvaged(_logger, records, _options.File, unsalvaged.Records.Values.Sum() + unsalvaged.Parked.Values.Sum());
        }
        catch (Exception exception) when (DiskTrouble.Is(exception) && exception is not SqliteException)
        {
            // It may be one of the moment. What is no longer there comes back by no attempt.
            if (exception is not FileNotFoundException && ++_salvageFailures < MostReadFailures)
            {
                throw;
            }

            Log.QueueNotSalvaged(_logger, _options.File, exception.Message);
        }

        AddFromMemory(store);
        store.MoveLog();
    }

    /// <summary>
    /// What was on the disk and is in memory, too, is in the new file before that takes the place of the damaged one: a power cut would find it nowhere. What
    /// has no room is written like what is new.
    /// </summary>
    private void AddFromMemory(QueueStore store)
    {
        for (var after = 0L; ;)
        {
            _inserts.Clear();
            _departures.Clear();
            after = _buffer.GetLeft(after, MaxBatchRecords, _options.MaxBatchBytes, _inserts, _departures);
            if (_inserts.Count == 0 || store.UsedBytes + GetNeeded() > _options.GetSalvageLimit())
            {
                return;
            }

            store.Begin();
            _inserts.ForEach(store.Insert);
            _departures.ForEach(departing => store.Departures.Save(departing.Reader, departing.Departure));
            store.Commit();
        }
    }

    private void BeginBoot(QueueStore store)
    {
        var boot = _buffer.Boot != 0 ? _buffer.Boot
            : Math.Max(store.LastBoot, BootFile.Read(_options.Folder)) is var last and > 0 ? last + 1
            : _options.FirstBoot(_clock.IsSynchronised ? _timeProvider.GetUtcNow() : null);
        store.BeginBoot(Math.Max(boot, store.LastBoot), Math.Max(store.HighestPosition, _buffer.GetLastPosition()), isEmpty: store.LastPosition == 0);
        try
        {
            BootFile.Write(_options.Folder, boot);
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            // A copy, for the case that the database is lost: the next start writes it again.
        }

        _buffer.TryBegin(boot, store.HighestPosition);
    }

    private void Attach(QueueStore store)
    {
        _buffer.Attach(store);
        _isNumbered = true;
        _thinning = new Thinning();
        _opened.TrySetResult();
        if (_isOtherFile)
        {
            CompareCount(store);
            _buffer.SetUsedBytes(store);
        }
        else
        {
            // What each position holds is counted by and by; until then there is a record at each.
            var first = store.GetFirst(_buffer.GetDeletion(isDone: false).Through)?.Position;
            _countThrough = first is null ? 0 : store.LastPosition;
            _countedThrough = first is null ? 0 : first.Value - 1;
            _buffer.SetStoredCount(_countThrough - _countedThrough);
            _buffer.SetUsedBytes(store);
            CountThrough(_countedThrough + CountedAtOnce);
        }

        if (_statistics.Health != QueueHealth.MemoryOnly)
        {
            Log.QueueOpened(_logger, _buffer.Boot, _buffer.Depth);
        }
    }

    /// <summary>
    /// Counts what the new file holds, and what is missing there of what waited in the one before. Of that, what was not counted yet may have been nothing: it
    /// is not counted as lost.
    /// </summary>
    private void CompareCount(QueueStore store)
    {
        var waiting = _buffer.GetWaiting();
        var held = store.Count(0, waiting.Through)
            - waiting.Acknowledged.Sum(range => store.Count(range.From - 1, range.To))
            - waiting.UnderWay.Count(store.Holds);
        var lost = waiting.OnDisk - held - _unsalvaged - (_countThrough - _countedThrough);
        _buffer.CorrectStoredCount(waiting.OnDisk - held);
        if (lost > 0)
        {
            _buffer.CountDamaged(lost);
            Log.QueueDamaged(_logger, _options.File, lost);
        }

        _countThrough = _countedThrough = store.LastPosition;
        (_isOtherFile, _unsalvaged) = (false, 0);
    }

    /// <summary>SQLite goes on with a file that has no name any more, and all of it would be gone with the next start.</summary>
    private void CheckFile()
    {
        if (!File.Exists(_options.File))
        {
            _lock?.Dispose();
            _lock = null;
            throw new StorageException($"{_options.File} was deleted while it was in use, and what waited there is lost: a new one is begun");
        }
    }

    private FileStream Lock()
    {
        const int wouldBlock = 11; // EWOULDBLOCK
        var path = Path.Combine(_options.Folder, "lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception.HResult == wouldBlock)
        {
            throw new StorageException($"{_options.Folder} is in use by another gateway", exception);
        }
        catch (Exception exception) when (DiskTrouble.Is(exception) && File.Exists(path))
        {
            // What cannot be written can be locked all the same, and what is there sent.
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None);
        }
    }
}
