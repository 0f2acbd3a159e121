using System.Diagnostics.CodeAnalysis;
using Gateway.Storage.Sqlite;
using Microsoft.Extensions.Logging;

namespace Gateway.Storage.State;

/// <summary>
/// Small values that survive a restart, by key: counters, last values. Reads and writes are served from memory; what changed is
/// written together, at most once in an interval and when the store is closed, so a kill may cost the changes of the last interval.
/// A damaged file is set aside, and trouble with the disk is logged once and tried again. Thread-safe.
/// </summary>
public sealed class StateStore : IAsyncDisposable
{
    /// <summary>The longest value, bytes.</summary>
    public const int MaxValueLength = 65_536;

    /// <summary>The most keys.</summary>
    public const int MaxKeys = 100_000;

    private static readonly string[] Migrations = ["CREATE TABLE entry (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"];

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _saving = new(1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _values = new(StringComparer.Ordinal);
    private readonly StateFile _file;
    private readonly ILogger _logger;
    private HashSet<string> _changed = new(StringComparer.Ordinal);
    private Task _loop = Task.CompletedTask;

    private StateStore(string path, TimeProvider timeProvider, ILogger logger)
    {
        _file = new StateFile(path, Migrations, timeProvider, logger);
        _logger = logger;
    }

    /// <summary>What is wrong with the file, one sentence without a full stop; null if nothing is.</summary>
    public string? Trouble { get; private set; }

    /// <summary>
    /// Opens the store with what was saved last, or nothing where that cannot be read. Throws only for arguments outside their ranges.
    /// </summary>
    /// <param name="path">The database file; its folder is made if it is not there. Belongs to one store.</param>
    /// <param name="saveInterval">The shortest time between two writes. More than zero.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Takes changes of state.</param>
    public static async Task<StateStore> OpenAsync(string path, TimeSpan saveInterval, TimeProvider timeProvider, ILogger<StateStore> logger)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(saveInterval, TimeSpan.Zero);
        var store = new StateStore(path, timeProvider, logger);
        await Task.Run(store.Load);
        store._loop = store.SaveNowAndThenAsync(new PeriodicTimer(saveInterval, timeProvider));
        return store;
    }

    /// <summary>The value of a key.</summary>
    public bool TryGet(string key, out ReadOnlyMemory<byte> value)
    {
        lock (_gate)
        {
            return _values.TryGetValue(key, out value);
        }
    }

    /// <summary>The keys that begin with a text, and their values.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Find(string prefix)
    {
        lock (_gate)
        {
            return _values.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary();
        }
    }

    /// <summary>
    /// Sets the value of a key. Throws <see cref="ArgumentException"/> for a value longer than <see cref="MaxValueLength"/> and
    /// <see cref="InvalidOperationException"/> when there are <see cref="MaxKeys"/> others.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value. The store keeps it: it must not change any more.</param>
    public void Set(string key, ReadOnlyMemory<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, MaxValueLength);
        lock (_gate)
        {
            if (_values.TryGetValue(key, out var before))
            {
                if (before.Span.SequenceEqual(value.Span))
                {
                    return;
                }
            }
            else if (_values.Count == MaxKeys)
            {
                throw new InvalidOperationException($"The store holds {MaxKeys} keys already.");
            }

            _values[key] = value;
            _changed.Add(key);
        }
    }

    /// <summary>Forgets a key, if it is there.</summary>
    public void Remove(string key)
    {
        lock (_gate)
        {
            if (_values.Remove(key))
            {
                _changed.Add(key);
            }
        }
    }

    /// <summary>Writes what has changed, now. Trouble shows in <see cref="Trouble"/>; the changes stay to be written.</summary>
    public async Task SaveAsync(CancellationToken cancellationToken)
    {
        await _saving.WaitAsync(cancellationToken);
        try
        {
            await Task.Run(Save, CancellationToken.None);
        }
        finally
        {
            _saving.Release();
        }
    }

    /// <summary>Writes what has changed and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _loop;
        await SaveAsync(CancellationToken.None);
        _file.Dispose();
        _closing.Dispose();
        _saving.Dispose();
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The loop that gets the timer disposes it.")]
    private async Task SaveNowAndThenAsync(PeriodicTimer timer)
    {
        using (timer)
        {
            try
            {
                while (await timer.WaitForNextTickAsync(_closing.Token))
                {
                    await SaveAsync(_closing.Token);
                }
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    private void Load() => Attempt(connection =>
    {
        using var all = new Statement(connection, "SELECT key, value FROM entry");
        while (all.Step())
        {
            _values[all.GetText(0)] = all.GetBlob(1).ToArray();
        }
    });

    private void Save()
    {
        HashSet<string> changed;
        List<(string Key, ReadOnlyMemory<byte>? Value)> entries;
        lock (_gate)
        {
            if (_changed.Count == 0)
            {
                return;
            }

            (changed, _changed) = (_changed, new HashSet<string>(StringComparer.Ordinal));
            entries = [.. changed.Select(key => (key, _values.TryGetValue(key, out var value) ? value : (ReadOnlyMemory<byte>?)null))];
        }

        var isSaved = Attempt(connection =>
        {
            using var set = new Statement(connection, "INSERT INTO entry (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
            using var remove = new Statement(connection, "DELETE FROM entry WHERE key = ?");
            foreach (var (key, value) in entries)
            {
                var statement = value is null ? remove.Bind(1, key) : set.Bind(1, key).Bind(2, value.Value.Span);
                statement.Run();
            }
        });
        if (!isSaved)
        {
            lock (_gate)
            {
                _changed.UnionWith(changed);
            }
        }
    }

    private bool Attempt(Action<Microsoft.Data.Sqlite.SqliteConnection> work)
    {
        try
        {
            _file.Run(work);
            Trouble = null;
            return true;
        }
        catch (StorageException exception)
        {
            if (Trouble != exception.Message)
            {
                Log.StateNotStored(_logger, exception.Message);
            }

            Trouble = exception.Message;
            return false;
        }
    }
}
