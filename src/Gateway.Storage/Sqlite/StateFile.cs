using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Gateway.Storage.Sqlite;

/// <summary>
/// A small database file that is used now and then: opened when it is needed, closed after trouble, set aside when it is damaged.
/// Blocking; for one caller at a time.
/// </summary>
internal sealed class StateFile(string path, IReadOnlyList<string> migrations, TimeProvider timeProvider, ILogger logger) : IDisposable
{
    private SqliteConnection? _connection;

    /// <summary>
    /// Does something in one transaction, which is synced to the disk before this returns. Throws <see cref="StorageException"/>; then nothing
    /// was done. After damage the next call begins with a new file.
    /// </summary>
    public void Run(Action<SqliteConnection> work)
    {
        try
        {
            _connection ??= Open();
            using var transaction = _connection.BeginTransaction(deferred: true);
            work(_connection);
            transaction.Commit();
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            Dispose();
            var trouble = DiskTrouble.Describe(exception, path);
            if (DiskTrouble.IsCorruption(exception))
            {
                SetAside(trouble);
            }

            throw exception as StorageException ?? new StorageException(trouble, exception);
        }
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private SqliteConnection Open()
    {
        var connection = SqliteFile.Open(path, migrations, out _);
        SqliteFile.Execute(connection, "PRAGMA wal_autocheckpoint = 256");
        return connection;
    }

    private void SetAside(string trouble)
    {
        try
        {
            Log.FileSetAside(logger, trouble, SqliteFile.SetAside(path, timeProvider.GetUtcNow()));
        }
        catch (Exception exception) when (DiskTrouble.Is(exception))
        {
            // It stays in its place, and the next call ends here again.
        }
    }
}
