using System.Buffers.Binary;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Broker;

/// <summary>Rows out of the broker's file. Damage throws <see cref="SqliteException"/>.</summary>
/// <param name="connection">The open file.</param>
internal sealed class BrokerReader(SqliteConnection connection)
{
    public BrokerRows ReadAll() => new()
    {
        Sessions = Read(
            "SELECT id, client, disconnected, packet FROM session",
            row => new SessionRow(row.GetInt64(0), row.GetText(1), ToTime(row, 2), row.GetBlob(3).ToArray())),
        Subscriptions = Read(
            "SELECT session, filter, packet FROM subscription",
            row => new SubscriptionRow(row.GetInt64(0), row.GetText(1), row.GetBlob(2).ToArray())),
        Incoming = Read(
            "SELECT session, identifier FROM incoming",
            row => new IncomingRow(row.GetInt64(0), (ushort)row.GetInt64(1))),
        Messages = Read(
            "SELECT id, expires, packet FROM message",
            row => new MessageRow(row.GetInt64(0), ToTime(row, 1), row.GetBlob(2).ToArray())),
        Deliveries = Read(
            "SELECT session, number, message, qos, retain, identifier, subscriptions FROM delivery ORDER BY session, number",
            row => new DeliveryRow
            {
                SessionId = row.GetInt64(0),
                Number = row.GetInt64(1),
                MessageId = row.IsNull(2) ? null : row.GetInt64(2),
                QoS = (QualityOfService)row.GetInt64(3),
                Retain = row.GetInt64(4) != 0,
                PacketIdentifier = (ushort)row.GetInt64(5),
                SubscriptionIdentifiers = row.IsNull(6) ? null : ToIdentifiers(row.GetBlob(6)),
            }),
        Retained = Read(
            "SELECT topic, origin, expires, packet FROM retained",
            row => new RetainedRow(row.GetText(0), row.IsNull(1) ? null : row.GetText(1), ToTime(row, 2), row.GetBlob(3).ToArray())),
    };

    private static DateTimeOffset? ToTime(Statement row, int column) => row.IsNull(column) ? null : Microseconds.ToTime(row.GetInt64(column));

    internal static uint[] ToIdentifiers(ReadOnlySpan<byte> bytes)
    {
        var identifiers = new uint[bytes.Length / sizeof(uint)];
        for (var i = 0; i < identifiers.Length; i++)
        {
            identifiers[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i * sizeof(uint))..]);
        }

        return identifiers;
    }

    private List<T> Read<T>(string sql, Func<Statement, T> read)
    {
        var rows = new List<T>();
        using var statement = new Statement(connection, sql);
        while (statement.Step())
        {
            rows.Add(read(statement));
        }

        return rows;
    }
}
