using System.Buffers.Binary;
using Gateway.Mqtt.Broker;
using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Broker;

/// <summary>
/// The broker's file, open. A commit is in the kernel's hands when it returns, and so survives the death of the process; the
/// disk has it a little later, at the next checkpoint. Every member throws what <see cref="DiskTrouble"/> knows.
/// </summary>
internal sealed class BrokerDatabase : IDisposable
{
    // Of 4 kB: the log is moved into the file, and both are synced, when it is so long.
    private const int CheckpointPages = 1000;

    private readonly SqliteConnection _connection;
    private readonly List<Statement> _statements = [];
    private readonly Transactions _transactions;
    private readonly Statement _saveSession, _saveSubscription, _saveIncoming, _saveMessage, _saveDelivery, _saveRetained,
        _endSession, _endSubscriptions, _endIncoming, _endDeliveries, _removeSubscription, _removeIncoming, _removeDelivery, _removeMessage, _removeRetained;

    private BrokerDatabase(SqliteConnection connection)
    {
        _connection = connection;
        _transactions = new Transactions(connection, checkpointPages: null);
        _saveSession = Prepare("INSERT OR REPLACE INTO session (id, client, disconnected, packet) VALUES (?, ?, ?, ?)");
        _saveSubscription = Prepare("INSERT OR REPLACE INTO subscription (session, filter, packet) VALUES (?, ?, ?)");
        _saveIncoming = Prepare("INSERT OR REPLACE INTO incoming (session, identifier) VALUES (?, ?)");
        _saveMessage = Prepare("INSERT OR REPLACE INTO message (id, expires, packet) VALUES (?, ?, ?)");
        _saveDelivery = Prepare("INSERT OR REPLACE INTO delivery (session, number, message, qos, retain, identifier, subscriptions) VALUES (?, ?, ?, ?, ?, ?, ?)");
        _saveRetained = Prepare("INSERT OR REPLACE INTO retained (topic, origin, expires, packet) VALUES (?, ?, ?, ?)");
        _endSession = Prepare("DELETE FROM session WHERE id = ?");
        _endSubscriptions = Prepare("DELETE FROM subscription WHERE session = ?");
        _endIncoming = Prepare("DELETE FROM incoming WHERE session = ?");
        _endDeliveries = Prepare("DELETE FROM delivery WHERE session = ?");
        _removeSubscription = Prepare("DELETE FROM subscription WHERE session = ? AND filter = ?");
        _removeIncoming = Prepare("DELETE FROM incoming WHERE session = ? AND identifier = ?");
        _removeDelivery = Prepare("DELETE FROM delivery WHERE session = ? AND number = ?");
        _removeMessage = Prepare("DELETE FROM message WHERE id = ?");
        _removeRetained = Prepare("DELETE FROM retained WHERE topic = ?");
    }

    public static BrokerDatabase Open(string path)
    {
        var connection = SqliteFile.Open(path, BrokerSchema.Migrations, BrokerSchema.Migrations.Count, out _);
        try
        {
            SqliteFile.Execute(connection, $"PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = {CheckpointPages}");
            return new BrokerDatabase(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public BrokerRows Load()
    {
        if (FirstSchema.IsPresent(_connection))
        {
            _transactions.Run(() =>
            {
                Save(FirstSchema.Read(_connection));
                FirstSchema.Drop(_connection);
            });
        }

        return new BrokerReader(_connection).ReadAll();
    }

    public void Commit(BrokerChanges changes) => _transactions.Run(() =>
    {
        if (changes.ReplacesAll)
        {
            SqliteFile.Execute(_connection, "DELETE FROM session; DELETE FROM subscription; DELETE FROM incoming; DELETE FROM message; DELETE FROM delivery; DELETE FROM retained");
        }

        Remove(changes);
        Save(changes.Saved);
    });

    public void Dispose()
    {
        _statements.ForEach(statement => statement.Dispose());
        _transactions.Dispose();
        _connection.Dispose();
    }

    private static long? ToColumn(DateTimeOffset? time) => time is { } known ? Microseconds.From(known) : null;

    private static byte[] ToBytes(IReadOnlyList<uint> identifiers)
    {
        var bytes = new byte[identifiers.Count * sizeof(uint)];
        for (var i = 0; i < identifiers.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), identifiers[i]);
        }

        return bytes;
    }

    private void Remove(BrokerChanges changes)
    {
        foreach (var id in changes.EndedSessions)
        {
            _endSession.Bind(1, id).Run();
            _endSubscriptions.Bind(1, id).Run();
            _endIncoming.Bind(1, id).Run();
            _endDeliveries.Bind(1, id).Run();
        }

        foreach (var (session, filter) in changes.RemovedSubscriptions)
        {
            _removeSubscription.Bind(1, session).Bind(2, filter).Run();
        }

        foreach (var (session, identifier) in changes.RemovedIncoming)
        {
            _removeIncoming.Bind(1, session).Bind(2, identifier).Run();
        }

        foreach (var (session, number) in changes.RemovedDeliveries)
        {
            _removeDelivery.Bind(1, session).Bind(2, number).Run();
        }

        foreach (var id in changes.RemovedMessages)
        {
            _removeMessage.Bind(1, id).Run();
        }

        foreach (var topic in changes.RemovedRetained)
        {
            _removeRetained.Bind(1, topic).Run();
        }
    }

    private void Save(BrokerRows rows)
    {
        foreach (var row in rows.Sessions)
        {
            _saveSession.Bind(1, row.Id).Bind(2, row.ClientId).Bind(3, ToColumn(row.DisconnectedAt)).Bind(4, row.Connect.Span).Run();
        }

        foreach (var row in rows.Subscriptions)
        {
            _saveSubscription.Bind(1, row.SessionId).Bind(2, row.TopicFilter).Bind(3, row.Subscribe.Span).Run();
        }

        foreach (var row in rows.Incoming)
        {
            _saveIncoming.Bind(1, row.SessionId).Bind(2, row.PacketIdentifier).Run();
        }

        foreach (var row in rows.Messages)
        {
            _saveMessage.Bind(1, row.Id).Bind(2, ToColumn(row.ExpiresAt)).Bind(3, row.Publish.Span).Run();
        }

        foreach (var row in rows.Deliveries)
        {
            _saveDelivery.Bind(1, row.SessionId).Bind(2, row.Number).Bind(3, row.MessageId).Bind(4, (int)row.QoS)
                .Bind(5, row.Retain ? 1 : 0).Bind(6, row.PacketIdentifier);
            (row.SubscriptionIdentifiers is { } identifiers ? _saveDelivery.Bind(7, ToBytes(identifiers)) : _saveDelivery.Bind(7, (long?)null)).Run();
        }

        foreach (var row in rows.Retained)
        {
            _saveRetained.Bind(1, row.Topic);
            (row.Origin is { } origin ? _saveRetained.Bind(2, origin) : _saveRetained.Bind(2, (long?)null))
                .Bind(3, ToColumn(row.ExpiresAt)).Bind(4, row.Publish.Span).Run();
        }
    }

    private Statement Prepare(string sql)
    {
        var statement = new Statement(_connection, sql);
        _statements.Add(statement);
        return statement;
    }
}
