using System.Diagnostics.CodeAnalysis;
using Gateway.Mqtt.Broker;
using Gateway.Storage.Sqlite;
using Microsoft.Extensions.Logging;

namespace Gateway.Storage.Broker;

/// <summary>
/// The broker's retained messages and sessions in a database file. Messages are kept as PUBLISH packets, sessions as the packets that
/// would make them (<see cref="StoredPackets"/>). A file that cannot be read is as good as an empty one: the broker starts.
/// Not thread-safe, as the broker does not ask for it.
/// </summary>
public sealed class BrokerStore : IBrokerStore, IDisposable
{
    private static readonly string[] Migrations =
    [
        """
        CREATE TABLE retained (topic TEXT PRIMARY KEY, expires INTEGER, message BLOB NOT NULL);
        CREATE TABLE session (client TEXT PRIMARY KEY, disconnected INTEGER NOT NULL, packets BLOB NOT NULL);
        CREATE TABLE delivery (
            client TEXT NOT NULL,
            number INTEGER NOT NULL,
            identifier INTEGER NOT NULL,
            qos INTEGER NOT NULL,
            retain INTEGER NOT NULL,
            expires INTEGER,
            message BLOB,
            PRIMARY KEY (client, number)) WITHOUT ROWID
        """,
    ];

    private readonly StateFile _file;
    private readonly ILogger _logger;

    /// <param name="path">The database file; its folder is made if it is not there. Belongs to one store.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Takes trouble with the file.</param>
    public BrokerStore(string path, TimeProvider timeProvider, ILogger<BrokerStore> logger)
    {
        _file = new StateFile(path, Migrations, timeProvider, logger);
        _logger = logger;
    }

    /// <summary>What was saved last, as far as it can be read. Throws nothing but <see cref="OperationCanceledException"/>.</summary>
    public async ValueTask<BrokerSnapshot> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(BrokerRows.Load, cancellationToken);
        }
        catch (StorageException exception)
        {
            Log.BrokerStateNotRead(_logger, exception.Message);
            return BrokerSnapshot.Empty;
        }
    }

    /// <summary>Saves all changes or none. Throws <see cref="StorageException"/>.</summary>
    public async ValueTask SaveRetainedAsync(IReadOnlyList<RetainedChange> changes, CancellationToken cancellationToken) =>
        await RunAsync(
            connection =>
            {
                BrokerRows.SaveRetained(connection, changes);
                return true;
            },
            cancellationToken);

    /// <summary>Replaces all saved sessions. Throws <see cref="StorageException"/>; then those saved before are still there.</summary>
    public async ValueTask SaveSessionsAsync(IReadOnlyList<StoredSession> sessions, CancellationToken cancellationToken) =>
        await RunAsync(
            connection =>
            {
                BrokerRows.SaveSessions(connection, sessions);
                return true;
            },
            cancellationToken);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    [SuppressMessage("Reliability", "CA2016", Justification = "Work that has begun is finished.")]
    private Task<T> RunAsync<T>(Func<Microsoft.Data.Sqlite.SqliteConnection, T> work, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            T result = default!;
            _file.Run(connection => result = work(connection));
            return result;
        },
        cancellationToken);
}
