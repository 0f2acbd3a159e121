using Gateway.Storage.Sqlite;

namespace Gateway.Storage.Points;

/// <content>Opens the file, and what becomes of it in trouble.</content>
public sealed partial class PointMemory
{
    private PointDatabase Open()
    {
        if (_isUnread && File.Exists(_path))
        {
            SetAside($"{_path} could not be read when the gateway started");
        }

        _isUnread = false;
        return _database ??= PointDatabase.Open(_path);
    }

    private void Suffer(Exception exception)
    {
        Close();
        if (BadPlace.IsDamage(exception, _path, out var trouble) && TrySetAside(trouble) is not null)
        {
            // A new file gets all that we know.
            lock (_gate)
            {
                foreach (var cell in _cells.Values)
                {
                    cell.Since ??= _timeProvider.GetTimestamp();
                }
            }
        }

        _retryFrom = _timeProvider.GetTimestamp();
        _retryDelay = _retryDelay == TimeSpan.Zero ? Tick : _retryDelay * 2 < LastRetryDelay ? _retryDelay * 2 : LastRetryDelay;
        if (_trouble != trouble)
        {
            _trouble = trouble;
            Log.PointsInMemory(_logger, trouble);
        }
    }

    // From here on values are new ones, and what comes late is none of theirs.
    private void GoOnWithoutFile()
    {
        lock (_gate)
        {
            _isLate = _cells.Count == 0;
        }

        _trouble = DescribeHang();
        Log.PointsInMemory(_logger, _trouble);
    }

    private void OnSlow()
    {
        if (!_isStallTold && _trouble is null && DescribeStall() is { } stall)
        {
            _isStallTold = true;
            Log.PointsInMemory(_logger, stall);
        }
    }

    private void OnQuick()
    {
        if (_isStallTold && _trouble is null)
        {
            Log.PointsOnDisk(_logger, _path);
        }

        _isStallTold = false;
    }

    private string? DescribeStall() => _watch.Trouble is { } trouble ? $"the disk that holds {_path} {trouble}" : null;

    private string DescribeHang() => $"the disk that holds {_path} does not answer";

    private async Task LoadAsync()
    {
        try
        {
            Take(await BadPlace.TryAgainAsync(_path, Read, _timeProvider).ConfigureAwait(false), isToBeWritten: false);
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            Close();
            var isDamaged = BadPlace.IsDamage(exception, _path, out var trouble);
            _trouble = trouble;
            if (isDamaged && TrySetAside(trouble) is { } aside)
            {
                var rows = PointDatabase.Salvage(aside);
                Log.PointsSalvaged(_logger, rows.Count, aside);
                _trouble = null;
                Take(rows, isToBeWritten: true);
                return;
            }

            // The file of a newer gateway is left alone: once that is back, it goes on with it.
            _isUnread = exception is not StorageException && !TryLoadReadOnly();
            Log.PointsInMemory(_logger, _trouble);
        }
    }

    private List<PointRow> Read()
    {
        Close();
        _database = PointDatabase.Open(_path);
        return _database.Load();
    }

    private bool TryLoadReadOnly()
    {
        try
        {
            Take(PointDatabase.LoadReadOnly(_path), isToBeWritten: false);
            return true;
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            return false;
        }
    }

    private void Take(List<PointRow> rows, bool isToBeWritten)
    {
        lock (_gate)
        {
            if (_isLate)
            {
                _isUnread = true;
                Close();
                return;
            }

            foreach (var row in rows)
            {
                // Damaged names may be read alike; the later row is the newer one.
                if (_cells.Remove(row.Key, out var former))
                {
                    _order.Remove(former.Place);
                }

                var cell = Add(row.Key);
                (cell.Value, cell.Since) = (row.Value, isToBeWritten ? _timeProvider.GetTimestamp() : null);
            }
        }
    }

    private void SetAside(string trouble) => Log.FileSetAside(_logger, trouble, SqliteFile.SetAside(_path, _timeProvider.GetUtcNow()));

    private string? TrySetAside(string trouble)
    {
        try
        {
            var aside = SqliteFile.SetAside(_path, _timeProvider.GetUtcNow());
            Log.FileSetAside(_logger, trouble, aside);
            return aside;
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            return null;
        }
    }

    private void Close()
    {
        if (_database is not null)
        {
            _bytesBefore += _database.BytesWritten;
            _database.Dispose();
            _database = null;
        }
    }
}
