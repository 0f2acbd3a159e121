using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Queue;

/// <content>What becomes of the file in trouble.</content>
internal sealed partial class QueueWriter
{
    /// <summary>Does something with the open file, opening it first if need be and due; trouble with the disk becomes a state.</summary>
    private void Attempt(Action work)
    {
        try
        {
            if (!TryAttempt(work, mayStartOver: true))
            {
                TryAttempt(work, mayStartOver: false);
            }
        }
        catch (Exception exception)
        {
            // A fault in this code, not in the disk, or a row that nobody thought of: readings go on from memory, and it is tried again.
            OnFault(exception);
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

        trouble = BadPlace.Describe(_options.File, place.Value);
        return _readFailures >= MostReadFailures;
    }

    /// <summary>A disk that was away altogether may be back before anything was salvaged from it.</summary>
    private void ForgiveBadPlace()
    {
        if (_damage is not null && _badPlace is not null && _options.FindBadPlace(_options.File) is null)
        {
            (_damage, _badPlace, _readFailures, _salvageFailures) = (null, null, 0, 0);
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
            _isStartedOver = true;
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
