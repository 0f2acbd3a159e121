using System.Buffers;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;
using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Broker;

/// <summary>
/// Sessions as the first version of the file kept them: one row each, of the CONNECT that began it, a SUBSCRIBE for each
/// subscription and a PUBREC for each QoS 2 message that was not released, one after the other; and a copy of the message in
/// each delivery.
/// </summary>
internal static class FirstSchema
{
    public static bool IsPresent(SqliteConnection connection)
    {
        using var statement = new Statement(connection, "SELECT 1 FROM sqlite_master WHERE name = 'first_session'");
        return statement.RunForNumber() is not null;
    }

    public static BrokerRows Read(SqliteConnection connection)
    {
        List<SessionRow> sessions = [];
        List<SubscriptionRow> subscriptions = [];
        List<IncomingRow> incoming = [];
        using var statement = new Statement(connection, "SELECT client, disconnected, packets FROM first_session");
        while (statement.Step())
        {
            var packets = Decode(statement.GetBlob(2));
            if (packets is not [ConnectPacket connect, ..])
            {
                continue;
            }

            var id = sessions.Count + 1;
            sessions.Add(new SessionRow(id, statement.GetText(0), Microseconds.ToTime(statement.GetInt64(1)), Encode(connect)));
            subscriptions.AddRange(packets.OfType<SubscribePacket>().Select(packet => new SubscriptionRow(id, packet.Subscriptions[0].TopicFilter, Encode(packet))));
            incoming.AddRange(packets.OfType<PubRecPacket>().Select(packet => new IncomingRow(id, packet.PacketIdentifier)));
        }

        var (messages, deliveries) = ReadDeliveries(connection, sessions.ToDictionary(session => session.ClientId, session => session.Id));
        return new BrokerRows { Sessions = sessions, Subscriptions = subscriptions, Incoming = incoming, Messages = messages, Deliveries = deliveries };
    }

    public static void Drop(SqliteConnection connection) => SqliteFile.Execute(connection, "DROP TABLE first_session; DROP TABLE first_delivery");

    private static (List<MessageRow> Messages, List<DeliveryRow> Deliveries) ReadDeliveries(SqliteConnection connection, Dictionary<string, long> sessions)
    {
        List<MessageRow> messages = [];
        List<DeliveryRow> deliveries = [];
        using var statement = new Statement(connection, "SELECT client, number, identifier, qos, retain, expires, message FROM first_delivery ORDER BY client, number");
        while (statement.Step())
        {
            var qos = (QualityOfService)statement.GetInt64(3);
            if (!sessions.TryGetValue(statement.GetText(0), out var session) || qos == QualityOfService.AtMostOnce)
            {
                continue;
            }

            var row = new DeliveryRow
            {
                SessionId = session,
                Number = statement.GetInt64(1) + 1,
                PacketIdentifier = (ushort)statement.GetInt64(2),
                QoS = qos,
                Retain = statement.GetInt64(4) != 0,
            };
            if (Decode(statement.GetBlob(6)) is [PublishPacket publish])
            {
                var id = messages.Count + 1;
                messages.Add(new MessageRow(id, statement.IsNull(5) ? null : Microseconds.ToTime(statement.GetInt64(5)), Encode(publish with { SubscriptionIdentifiers = [] })));
                row = row with { MessageId = id, SubscriptionIdentifiers = publish.SubscriptionIdentifiers is { Count: > 0 } identifiers ? identifiers : null };
            }

            deliveries.Add(row);
        }

        return (messages, deliveries);
    }

    private static byte[] Encode(MqttPacket packet)
    {
        var output = new ArrayBufferWriter<byte>();
        PacketCodec.TryWrite(packet, ProtocolVersion.V50, output);
        return output.WrittenSpan.ToArray();
    }

    private static List<MqttPacket> Decode(ReadOnlySpan<byte> bytes)
    {
        var packets = new List<MqttPacket>();
        using var reader = new PacketReader(bytes, ProtocolVersion.V50);
        while (reader.Read(out var frame) == DecodeStatus.Complete && PacketCodec.TryDecode(frame, ProtocolVersion.V50, out var packet, out _))
        {
            packets.Add(packet);
        }

        return packets;
    }
}
