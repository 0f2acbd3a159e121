using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Storage.Sqlite;

namespace Gateway.Storage.Broker;

/// <summary>
/// The rows of a damaged file of the broker's that lie on sound pages. To which table one belongs is told by its columns, which no other has. A file of the first
/// version is given up but for its retained messages.
/// </summary>
internal static class BrokerSalvage
{
    /// <summary>Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public static BrokerRows Read(string path)
    {
        using var file = new DamagedFile(path);
        Dictionary<long, SessionRow> sessions = [];
        Dictionary<long, MessageRow> messages = [];
        Dictionary<string, RetainedRow> retained = [];
        foreach (var (key, bytes) in file.Rows())
        {
            if (RawRow.Parse(bytes) is not { } row)
            {
                continue;
            }

            if (row is { Count: 4 } && row.IsNull(0) && row.TryGetText(1, out var client) && TryGetTime(row, 2, out var disconnected) && row.TryGetBlob(3, out var connect))
            {
                sessions[key] = new SessionRow(key, client, disconnected, connect);
            }
            else if (row is { Count: 3 } && row.IsNull(0) && TryGetTime(row, 1, out var expires) && row.TryGetBlob(2, out var publish))
            {
                messages[key] = new MessageRow(key, expires, publish);
            }
            else if (row is { Count: 3 or 4 } && row.TryGetText(0, out var topic) && TryGetTime(row, 1, out expires) && row.TryGetBlob(2, out publish))
            {
                retained[topic] = new RetainedRow(topic, row.TryGetText(3, out var origin) ? origin : null, expires, publish);
            }
        }

        var (subscriptions, incoming, deliveries) = ReadEntries(file);
        return new BrokerRows
        {
            Sessions = [.. sessions.Values],
            Subscriptions = subscriptions,
            Incoming = incoming,
            Messages = [.. messages.Values],
            Deliveries = [.. deliveries.OrderBy(row => row.SessionId).ThenBy(row => row.Number)],
            Retained = [.. retained.Values],
        };
    }

    private static (List<SubscriptionRow> Subscriptions, List<IncomingRow> Incoming, IEnumerable<DeliveryRow> Deliveries) ReadEntries(DamagedFile file)
    {
        List<SubscriptionRow> subscriptions = [];
        List<IncomingRow> incoming = [];
        Dictionary<(long, long), DeliveryRow> deliveries = [];
        foreach (var bytes in file.Entries())
        {
            if (RawRow.Parse(bytes) is not { } row || !row.TryGetInteger(0, out var session))
            {
                continue;
            }

            if (row is { Count: 3 } && row.TryGetText(1, out var filter) && row.TryGetBlob(2, out var subscribe))
            {
                subscriptions.Add(new SubscriptionRow(session, filter, subscribe));
            }
            else if (row is { Count: 2 } && row.TryGetInteger(1, out var identifier) && identifier is > 0 and <= ushort.MaxValue)
            {
                incoming.Add(new IncomingRow(session, (ushort)identifier));
            }
            else if (ToDelivery(session, row) is { } delivery)
            {
                deliveries[(session, delivery.Number)] = delivery;
            }
        }

        return (subscriptions, incoming, deliveries.Values);
    }

    private static DeliveryRow? ToDelivery(long session, RawRow row)
    {
        if (row is not { Count: 7 } || !row.TryGetInteger(1, out var number) || !row.TryGetInteger(3, out var qos) || !row.TryGetInteger(4, out var retain)
            || !row.TryGetInteger(5, out var identifier) || !(row.TryGetInteger(2, out var message) || row.IsNull(2))
            || qos is < 1 or > 2 || identifier is < 0 or > ushort.MaxValue)
        {
            return null;
        }

        return new DeliveryRow
        {
            SessionId = session,
            Number = number,
            MessageId = row.IsNull(2) ? null : message,
            QoS = (QualityOfService)qos,
            Retain = retain != 0,
            PacketIdentifier = (ushort)identifier,
            SubscriptionIdentifiers = row.TryGetBlob(6, out var identifiers) ? BrokerReader.ToIdentifiers(identifiers) : null,
        };
    }

    private static bool TryGetTime(RawRow row, int column, out DateTimeOffset? time)
    {
        time = row.TryGetInteger(column, out var microseconds) ? Microseconds.ToTime(microseconds) : null;
        return time is not null || row.IsNull(column);
    }
}
