using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Queue;

/// <content>Opening the file, and what becomes of it in trouble.</content>
internal sealed partial class QueueWriter
{
    /// <summary>Does something with the open file, opening it first if need be and due; trouble with the disk becomes a state.</summary>
    private void Attempt(Action work)
    {
        if (!TryAttempt(work, mayStartOver: true))
        {
            TryAttempt(work, mayStartOver: false);
        }
    }

    /// <summary>False if it ended with the file being known to be damaged or deleted, so that a new one can be begun.</summary>
    private bool TryAttempt(Action work, bool mayStartOver)
    {
        var canRetry = _timeProvider.GetElapsedTime(_retryFrom) >= _retryDelay;
        try
        {
            if (_store is null)
            {
                if (!canRetry)
                {
                    return true;
                }

                Open();
            }
            else if (!_isWritable)
            {
                ServePages();
                if (!canRetry)
                {
                    return true;
                }

                if (_store.IsReadOnly || _isStale)
                {
                    Reopen();
                }
            }

            work();
            BeHealthy();
            return true;
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            return !OnTrouble(exception, mayStartOver);
        }
        catch (Exception exception)
        {
            // A fault in this code, not in the disk, or a row that nobody thought of: readings go on from memory, and it is tried again.
            OnFault(exception);
            return true;
        }
    }

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
            (_damage, _badPlace, _readFailures) = (null, null, 0);
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
        Dictionary<string, long> lost = [];
        try
        {
            FillNewFile(before, lost);
        }
        catch (SqliteException)
        {
            SqliteFile.Delete(_options.PartialFile);
            throw;
        }

        File.Move(_options.PartialFile, _options.SalvagedFile);
        _buffer.CountUnsalvaged(lost);
    }

    private void FillNewFile(long before, Dictionary<string, long> lost)
    {
        using var store = QueueStore.Open(_options.PartialFile, _options.CheckpointPages, _clock.BootId, _options.MaxParkedBytes);
        try
        {
            if (_isNumbered)
            {
                store.MarkBoot(_buffer.Boot);
            }

            var records = QueueSalvage.Fill(_options.File, store, before, _options, lost);
            Log.QueueSalvaged(_logger, records, _options.File, lost.Values.Sum());
        }
        catch (Exception exception) when (DiskTrouble.Is(exception) && exception is not SqliteException)
        {
            Log.QueueNotSalvaged(_logger, _options.File, exception.Message);
        }

        store.MoveLog();
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

        // What each position holds is counted by and by; until then there is a record at each.
        var first = store.GetFirst(_buffer.GetDeletion(isDone: false).Through)?.Position;
        _countThrough = first is null ? 0 : store.LastPosition;
        _countedThrough = first is null ? 0 : first.Value - 1;
        _buffer.SetStoredCount(_countThrough - _countedThrough);
        _buffer.SetUsedBytes(store);
        CountThrough(_countedThrough + CountedAtOnce);
        if (_statistics.Health != QueueHealth.MemoryOnly)
        {
            Log.QueueOpened(_logger, _buffer.Boot, _buffer.Depth);
        }
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

    private void BeHealthy()
    {
        if (_statistics.Health == QueueHealth.MemoryOnly)
        {
            Log.QueueOnDisk(_logger);
        }

        (_isWritable, _retryDelay) = (true, TimeSpan.Zero);
        _statistics = _statistics with
        {
            Health = QueueHealth.Healthy,
            Trouble = null,
            OldestTime = _store!.GetFirst(_buffer.GetDeletion(isDone: false).Through) is { } first && (first.Uptime is not null || !first.IsUnsynchronised) ? first.Time : null,
            Parked = _store.Parked.Count,
            DiskBytes = _store.FileBytes,
            BytesWritten = _bytesWrittenBefore + _store.BytesWritten,
            Commits = _commitsBefore + _store.Commits,
        };
    }

    /// <summary>True if the file is out of the way, so that a new one can be begun at once.</summary>
    private bool OnTrouble(Exception exception, bool mayStartOver)
    {
        _buffer.ReturnBatch();
        _isWritable = false;
        var trouble = DiskTrouble.Describe(exception, _options.File);
        _isStale = DiskTrouble.IsWriteError(exception); // a disk that was pulled out comes back as another one
        if (!DiskTrouble.IsReadable(exception) || !TryKeepReading())
        {
            Close();
        }

        var isDamaged = IsDamage(exception, ref trouble);
        if (isDamaged)
        {
            _damage ??= trouble;
        }

        if (mayStartOver && (isDamaged || (DiskTrouble.IsUnwritable(exception) && TryStartOver())))
        {
            return true;
        }

        if (_statistics.Trouble != trouble)
        {
            Log.QueueInMemory(_logger, trouble);
        }

        RestOnMemory(trouble);
        return false;
    }

    /// <summary>
    /// Whether only another file helps. A place that the disk does not give looks like damage to SQLite, or like an error of the moment; it may be that, and
    /// is tried again. After some failures at the same place the rest is salvaged without it: it holds up all that is behind it.
    /// </summary>
    private bool IsDamage(Exception exception, ref string trouble)
    {
        var isCorruption = DiskTrouble.IsCorruption(exception);
        if (!isCorruption && !DiskTrouble.IsUnreadable(exception))
        {
            return false;
        }

        var place = _damage is null ? _options.FindBadPlace(_options.File) : null;
        _readFailures = place is null ? 0 : place == _badPlace ? _readFailures + 1 : 1;
        _badPlace = place;
        if (place is null)
        {
            return isCorruption;
        }

        trouble = $"the disk that holds {_options.File} does not give what is at byte {place}";
        return _readFailures >= MostReadFailures;
    }

    /// <summary>A disk that was away altogether may be back before anything was salvaged from it.</summary>
    private void ForgiveBadPlace()
    {
        if (_damage is not null && _badPlace is not null && _options.FindBadPlace(_options.File) is null)
        {
            (_damage, _badPlace, _readFailures) = (null, null, 0);
        }
    }

    private void OnFault(Exception exception)
    {
        _buffer.ReturnBatch();
        _isWritable = false;
        Close();
        var trouble = $"the queue's writer failed: {exception.Message.TrimEnd('.')}";
        if (_statistics.Trouble != trouble)
        {
            Log.QueueWriterFailed(_logger, exception);
        }

        RestOnMemory(trouble);
    }

    /// <summary>On the watch's thread, while the one that the disk holds up waits.</summary>
    private void GoOnWithoutDisk(bool isHung)
    {
        if (DescribeStall() is { } stall && _statistics.Health != QueueHealth.MemoryOnly && !_isStallTold)
        {
            Log.QueueInMemory(_logger, stall);
        }

        _isStallTold = true;
        if (isHung)
        {
            if (IsAcceptedByCommit)
            {
                _buffer.AcceptFromMemory(MaxBatchRecords, _acceptedMeanwhile);
            }

            _buffer.SecureFromMemory();
            _buffer.SecureUnsecured();
        }
    }

    private void OnQuick()
    {
        _isStallTold = false;
        if (_statistics.Health != QueueHealth.MemoryOnly)
        {
            Log.QueueOnDisk(_logger);
        }
    }

    private string? DescribeStall() =>
        _watch.Trouble is not { } trouble ? null
        : _damage is { } damage ? $"{damage}, and what can be read of it is being saved"
        : $"the disk that holds {_options.File} {trouble}";

    private void RestOnMemory(string trouble)
    {
        _statistics = _statistics with { Health = QueueHealth.MemoryOnly, Trouble = trouble };
        _retryFrom = _timeProvider.GetTimestamp();
        _retryDelay = TimeSpan.FromTicks(Math.Clamp(_retryDelay.Ticks * 2, FirstRetryDelay.Ticks, LastRetryDelay.Ticks));
    }

    /// <summary>A disk that takes nothing more still gives: the backlog goes on draining.</summary>
    private bool TryKeepReading()
    {
        try
        {
            _store?.Rollback();
            _store?.LoadPoints();
            return _store is not null;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    /// <summary>
    /// On a full disk not even deleting works. Once everything in the file is acknowledged, and nothing is parked in it, the file itself can go, and
    /// gives its room back.
    /// </summary>
    private bool TryStartOver()
    {
        try
        {
            if (_store is null || _store.FileBytes < WorthDeleting || _store.HasParked || _store.GetFirst(_buffer.GetDeletion(isDone: false).Through) is not null)
            {
                return false;
            }

            Close();
            SqliteFile.Delete(_options.File);
            return true;
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            return false;
        }
    }

    private void Close()
    {
        if (_store is not null)
        {
            Dispose(_store);
            _store = null;
        }

        _buffer.Detach();
    }

    private void Dispose(QueueStore store)
    {
        _bytesWrittenBefore += store.BytesWritten;
        _commitsBefore += store.Commits;
        store.Dispose();
    }
}
