using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Broker;

/// <summary>Between the broker's records and the rows of its file. Times are microseconds since 1970, UTC.</summary>
internal static class BrokerRows
{
    public static BrokerSnapshot Load(SqliteConnection connection)
    {
        var retained = new List<RetainedMessage>();
        using var all = new Statement(connection, "SELECT expires, message FROM retained");
        while (all.Step())
        {
            if (ReadMessage(all, 0) is { } message)
            {
                retained.Add(message.Retained);
            }
        }

        return new BrokerSnapshot { Retained = retained, Sessions = LoadSessions(connection) };
    }

    public static void SaveRetained(SqliteConnection connection, IReadOnlyList<RetainedChange> changes)
    {
        using var set = new Statement(connection, "INSERT INTO retained (topic, expires, message) VALUES (?, ?, ?) ON CONFLICT (topic) DO UPDATE SET expires = excluded.expires, message = excluded.message");
        using var remove = new Statement(connection, "DELETE FROM retained WHERE topic = ?");
        foreach (var (topic, retained) in changes)
        {
            if (retained is null)
            {
                remove.Bind(1, topic).Run();
                continue;
            }

            set.Bind(1, topic).Bind(2, ToColumn(retained.ExpiresAt)).Bind(3, StoredPackets.Write(retained.Message, [])).Run();
        }
    }

    public static void SaveSessions(SqliteConnection connection, IReadOnlyList<StoredSession> sessions)
    {
        SqliteFile.Execute(connection, "DELETE FROM session; DELETE FROM delivery");
        using var insert = new Statement(connection, "INSERT INTO session (client, disconnected, packets) VALUES (?, ?, ?)");
        using var insertDelivery = new Statement(connection, "INSERT INTO delivery (client, number, identifier, qos, retain, expires, message) VALUES (?, ?, ?, ?, ?, ?, ?)");
        foreach (var session in sessions)
        {
            insert.Bind(1, session.ClientId).Bind(2, Microseconds.From(session.DisconnectedAt)).Bind(3, StoredPackets.Write(session)).Run();
            for (var number = 0; number < session.Deliveries.Count; number++)
            {
                var delivery = session.Deliveries[number];
                insertDelivery.Bind(1, session.ClientId).Bind(2, number).Bind(3, delivery.PacketIdentifier)
                    .Bind(4, (int)delivery.QoS).Bind(5, delivery.Retain ? 1 : 0).Bind(6, ToColumn(delivery.Message?.ExpiresAt));
                if (delivery.Message is null)
                {
                    insertDelivery.Bind(7, (long?)null).Run();
                }
                else
                {
                    insertDelivery.Bind(7, StoredPackets.Write(delivery.Message.Message, delivery.SubscriptionIdentifiers)).Run();
                }
            }
        }
    }

    private static List<StoredSession> LoadSessions(SqliteConnection connection)
    {
        var sessions = new List<StoredSession>();
        using var all = new Statement(connection, "SELECT client, disconnected, packets FROM session");
        using var deliveries = new Statement(connection, "SELECT identifier, qos, retain, expires, message FROM delivery WHERE client = ? ORDER BY number");
        while (all.Step())
        {
            var session = StoredPackets.ReadSession(all.GetBlob(2).ToArray(), Microseconds.ToTime(all.GetInt64(1)));
            if (session is not null)
            {
                sessions.Add(session with { Deliveries = LoadDeliveries(deliveries.Bind(1, all.GetText(0))) });
            }
        }

        return sessions;
    }

    private static List<StoredDelivery> LoadDeliveries(Statement statement)
    {
        var deliveries = new List<StoredDelivery>();
        while (statement.Step())
        {
            var message = ReadMessage(statement, 3);
            deliveries.Add(new StoredDelivery
            {
                Message = message?.Retained,
                QoS = (QualityOfService)statement.GetInt64(1),
                Retain = statement.GetInt64(2) != 0,
                PacketIdentifier = (ushort)statement.GetInt64(0),
                SubscriptionIdentifiers = message?.SubscriptionIdentifiers ?? [],
            });
        }

        statement.Reset();
        return deliveries;
    }

    /// <summary>Reads the columns <c>expires</c> and <c>message</c>, which stand side by side.</summary>
    private static (RetainedMessage Retained, IReadOnlyList<uint> SubscriptionIdentifiers)? ReadMessage(Statement row, int column) =>
        StoredPackets.ReadMessage(row.GetBlob(column + 1).ToArray()) is { } packet
            ? (new RetainedMessage(packet.Message, row.IsNull(column) ? null : Microseconds.ToTime(row.GetInt64(column))), packet.SubscriptionIdentifiers)
            : null;

    private static long? ToColumn(DateTimeOffset? time) => time is { } known ? Microseconds.From(known) : null;
}
