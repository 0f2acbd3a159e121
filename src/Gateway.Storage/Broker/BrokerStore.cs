using Gateway.Mqtt.Broker;
using Gateway.Storage.Sqlite;
using Microsoft.Extensions.Logging;

namespace Gateway.Storage.Broker;

/// <summary>
/// The broker's retained messages and sessions in a database file (<see cref="BrokerSchema"/>). What was committed survives the
/// death of the process; a power cut may cost the last moments, and never damages the file. Not thread-safe, as the broker does
/// not ask for it.
/// </summary>
/// <remarks>
/// A damaged file is set aside, and what can be read of it goes into a new one. A file that cannot be opened at the start is
/// as good as an empty one; should the disk come back, it is set aside too rather than written over.
/// </remarks>
public sealed class BrokerStore : IBrokerStore, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly string _path;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly DiskWatch _watch;
    private BrokerDatabase? _database;
    private bool _isUnread;
    private Task _loading = Task.CompletedTask;
    private volatile string? _trouble;
    private bool _isStallTold; // the watch's

    /// <param name="path">The database file; its folder is made if it is not there. Belongs to one store.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Takes trouble with the file.</param>
    public BrokerStore(string path, TimeProvider timeProvider, ILogger<BrokerStore> logger)
    {
        _path = path;
        _timeProvider = timeProvider;
        _logger = logger;

        // By the machine's time: a disk takes that.
        _watch = new DiskWatch(DiskWatch.UsualPatience, TimeProvider.System, _ => OnSlow(), OnQuick);
    }

    /// <summary>What is wrong with the file, one sentence without a full stop; null if nothing is. A disk that does not answer shows within 2 s. From any thread.</summary>
    public string? Trouble => _trouble ?? (_watch.Trouble is { } stall ? $"the disk that holds {_path} {stall}" : null);

    /// <summary>
    /// What was committed last, as far as it can be read, within 15 s: what a disk gives later than that counts as not read.
    /// Throws nothing but <see cref="OperationCanceledException"/>.
    /// </summary>
    public async ValueTask<BrokerRows> LoadAsync(CancellationToken cancellationToken)
    {
        var loading = Task.Run(ReadOrSalvageAsync, cancellationToken);
        _loading = loading;
        try
        {
            return await loading.WaitAsync(Patience, _timeProvider, cancellationToken);
        }
        catch (TimeoutException)
        {
            _isUnread = true;
            _trouble = DescribeHang();
            Log.BrokerStateNotRead(_logger, _trouble);
            return BrokerRows.Empty;
        }
    }

    /// <summary>Commits all changes or none, before it returns. Throws <see cref="StorageException"/>, also while the disk has not answered since the start; after damage the next call begins with a new file.</summary>
    public ValueTask CommitAsync(BrokerChanges changes, CancellationToken cancellationToken)
    {
        if (!_loading.IsCompleted)
        {
            _trouble = DescribeHang();
            throw new StorageException(_trouble);
        }

        _watch.Ask();
        try
        {
            if (_isUnread)
            {
                Close();
                SetUnreadAside();
            }

            _database ??= BrokerDatabase.Open(_path);
            _isUnread = false;
            _database.Commit(changes);
            _trouble = null;
            return ValueTask.CompletedTask;
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            Close();
            var isDamaged = BadPlace.IsDamage(exception, _path, out var trouble);
            _trouble = trouble;
            if (isDamaged)
            {
                TrySetAside(trouble);
            }

            throw exception as StorageException ?? new StorageException(trouble, exception);
        }
        finally
        {
            _watch.Rest();
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _watch.Dispose();
        Close();
    }

    private void Close()
    {
        _database?.Dispose();
        _database = null;
    }

    // What it throws its caller tells of; a disk that does not answer throws nothing.
    private void OnSlow()
    {
        if (!_isStallTold && Trouble is { } trouble)
        {
            _isStallTold = true;
            Log.BrokerStateWaits(_logger, trouble);
        }
    }

    private void OnQuick()
    {
        if (_isStallTold)
        {
            Log.BrokerStateWritten(_logger, _path);
        }

        _isStallTold = false;
    }

    private string DescribeHang() => $"the disk that holds {_path} does not answer";

    private async Task<BrokerRows> ReadOrSalvageAsync()
    {
        try
        {
            return await BadPlace.TryAgainAsync(_path, Read, _timeProvider);
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            Close();
            if (BadPlace.IsDamage(exception, _path, out var trouble) && TrySetAside(trouble) is { } aside)
            {
                return Salvage(aside);
            }

            _trouble = trouble;
            if (TryLoadReadOnly() is { } rows)
            {
                return rows;
            }

            // The file of a newer gateway is left alone: once that is back, it goes on with it.
            _isUnread = exception is not StorageException;
            Log.BrokerStateNotRead(_logger, trouble);
            return BrokerRows.Empty;
        }
    }

    private BrokerRows Read()
    {
        Close();
        _database = BrokerDatabase.Open(_path);
        return _database.Load();
    }

    // Committed at once: the damaged file is not looked at again.
    private BrokerRows Salvage(string aside)
    {
        try
        {
            var rows = BrokerSalvage.Read(aside);
            Log.BrokerStateSalvaged(_logger, rows.Sessions.Count, rows.Deliveries.Count, rows.Retained.Count, aside);
            _database = BrokerDatabase.Open(_path);
            _database.Commit(new BrokerChanges { ReplacesAll = true, Saved = rows });
            return rows;
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            Log.BrokerStateNotRead(_logger, DiskTrouble.Describe(exception, aside));
            return BrokerRows.Empty;
        }
    }

    // What is there can be served though nothing can be written.
    private BrokerRows? TryLoadReadOnly()
    {
        try
        {
            using var connection = SqliteFile.TryOpenUnchanged(_path, BrokerSchema.Migrations);
            return connection is null ? null : new BrokerReader(connection).ReadAll();
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            return null;
        }
    }

    private void SetUnreadAside()
    {
        if (File.Exists(_path))
        {
            var aside = SqliteFile.SetAside(_path, _timeProvider.GetUtcNow());
            Log.FileSetAside(_logger, $"{_path} could not be read when the broker started", aside);
        }
    }

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
            // It stays in its place, and the next commit ends here again.
            return null;
        }
    }
}
