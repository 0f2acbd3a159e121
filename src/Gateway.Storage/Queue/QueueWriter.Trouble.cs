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

    /// <summary>False if it ended with the file being set aside or deleted, so that a new one can be begun.</summary>
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
            }

            work();
            BeHealthy();
            return true;
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            return !OnTrouble(exception, mayStartOver);
        }
    }

    private void Open()
    {
        Directory.CreateDirectory(_options.Folder);
        _lock ??= Lock();
        _store = QueueStore.Open(_options.File, _options.CheckpointPages);
        try
        {
            BeginBoot(_store);
        }
        catch (SqliteException exception) when (DiskTrouble.IsUnwritable(exception))
        {
            // What is there can be sent all the same.
            _buffer.TryBegin(BootFile.Invent(_timeProvider.GetUtcNow()), _store.HighestPosition);
            Attach(_store);
            throw;
        }

        Attach(_store);
    }

    private void BeginBoot(QueueStore store)
    {
        var boot = _buffer.Boot != 0 ? _buffer.Boot : Math.Max(store.LastBoot, BootFile.Read(_options.Folder)) + 1;
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
        _opened.TrySetResult();

        // What each position holds is counted by and by; until then there is a record at each.
        var first = store.GetFirst(_buffer.GetDeletion(isDone: false).Through)?.Position;
        _countThrough = first is null ? 0 : store.LastPosition;
        _countedThrough = first is null ? 0 : first.Value - 1;
        _buffer.SetStoredCount(_countThrough - _countedThrough);
        _buffer.SetUsedBytes(store.UsedBytes);
        CountThrough(_countedThrough + CountedAtOnce);
        Log.QueueOpened(_logger, _buffer.Boot, _buffer.Depth);
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
            OldestTime = _store!.GetFirst(_buffer.GetDeletion(isDone: false).Through)?.Time,
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
        if (!DiskTrouble.IsUnwritable(exception) || !TryKeepReading())
        {
            Close();
        }

        if (mayStartOver && (DiskTrouble.IsCorruption(exception) ? TrySetAside(trouble) : TryStartOver()))
        {
            return true;
        }

        if (_statistics.Trouble != trouble)
        {
            Log.QueueInMemory(_logger, trouble);
        }

        _statistics = _statistics with { Health = QueueHealth.MemoryOnly, Trouble = trouble };
        _retryFrom = _timeProvider.GetTimestamp();
        _retryDelay = TimeSpan.FromTicks(Math.Clamp(_retryDelay.Ticks * 2, FirstRetryDelay.Ticks, LastRetryDelay.Ticks));
        return false;
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
    /// On a full disk not even deleting works. Once everything in the file is acknowledged the file itself can go, and gives its room back.
    /// </summary>
    private bool TryStartOver()
    {
        try
        {
            if (_store is null || _store.FileBytes < WorthDeleting || _store.GetFirst(_buffer.GetDeletion(isDone: false).Through) is not null)
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
            _bytesWrittenBefore += _store.BytesWritten;
            _commitsBefore += _store.Commits;
            _store.Dispose();
            _store = null;
        }

        _buffer.Detach();
    }

    private bool TrySetAside(string trouble)
    {
        try
        {
            var path = SqliteFile.SetAside(_options.File, _timeProvider.GetUtcNow());
            Log.QueueSetAside(_logger, trouble, path);
            _statistics = _statistics with { SetAside = path };
            return true;
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            return false; // it stays in its place, and the next attempt to open it ends here again
        }
    }
}
