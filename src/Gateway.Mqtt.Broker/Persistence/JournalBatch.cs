using System.Text;
using Gateway.Mqtt.Broker.Routing;

namespace Gateway.Mqtt.Broker.Persistence;

/// <summary>
/// What one commit covers: taken within a turn, and made into rows outside of it, as messages cannot change.
/// </summary>
/// <param name="utcNow">When it is taken.</param>
/// <param name="now">The same, milliseconds on the broker's clock.</param>
internal sealed class JournalBatch(DateTimeOffset utcNow, long now)
{
    private readonly List<SessionRow> _sessions = [];
    private readonly List<SubscriptionRow> _subscriptions = [];
    private readonly List<IncomingRow> _incoming = [];
    private readonly List<(long Id, StoredMessage Message)> _messages = [];
    private readonly List<DeliveryRow> _deliveries = [];
    private readonly Dictionary<byte[], StoredMessage?> _retained = new(TopicBytesComparer.Instance);
    private readonly List<(long SessionId, string TopicFilter)> _removedSubscriptions = [];
    private readonly List<IncomingRow> _removedIncoming = [];
    private readonly List<(long SessionId, long Number)> _removedDeliveries = [];

    public bool ReplacesAll { get; init; }

    public List<long> EndedSessions { get; } = [];

    public List<long> RemovedMessages { get; } = [];

    public bool IsEmpty => !ReplacesAll
        && _sessions.Count + _subscriptions.Count + _incoming.Count + _deliveries.Count + _retained.Count + _removedSubscriptions.Count
            + _removedIncoming.Count + _removedDeliveries.Count + EndedSessions.Count + RemovedMessages.Count == 0;

    /// <summary>Adds what changed of a session, as it is now.</summary>
    public void Add(SessionRecord record)
    {
        var session = record.Session;
        if (record.IsChanged)
        {
            DateTimeOffset? disconnectedAt = session.Connection is null ? ToUtc(session.DisconnectedAt) : null;
            _sessions.Add(new SessionRow(record.Id, session.ClientId, disconnectedAt, RowPackets.Write(session)));
        }

        foreach (var filter in record.Subscriptions)
        {
            if (session.Subscriptions.TryGetValue(filter, out var subscription))
            {
                _subscriptions.Add(new SubscriptionRow(record.Id, filter, RowPackets.Write(subscription)));
            }
            else
            {
                _removedSubscriptions.Add((record.Id, filter));
            }
        }

        foreach (var identifier in record.Incoming)
        {
            (session.IsIncoming(identifier) ? _incoming : _removedIncoming).Add(new IncomingRow(record.Id, identifier));
        }
    }

    /// <summary>Adds a delivery as it is now, with its message if the store has that not yet.</summary>
    public void Add(DeliveryRecord record)
    {
        if (record.IsRemoved)
        {
            // What came and went between two commits never was.
            if (record.IsWritten)
            {
                _removedDeliveries.Add((record.Session.Id, record.Number));
            }

            return;
        }

        record.IsWritten = true;
        _deliveries.Add(record.ToRow());
        if (record.Message is { IsWritten: false } message)
        {
            message.IsWritten = true;
            _messages.Add((message.Id, message.Message));
        }
    }

    /// <param name="topic">Of the retained message.</param>
    /// <param name="message">Null when there is none any more. A later call takes the place of an earlier one.</param>
    public void Add(byte[] topic, StoredMessage? message) => _retained[topic] = message;

    public BrokerChanges ToChanges() => new()
    {
        ReplacesAll = ReplacesAll,
        Saved = new BrokerRows
        {
            Sessions = _sessions,
            Subscriptions = _subscriptions,
            Incoming = _incoming,
            Messages = [.. _messages.Select(entry => new MessageRow(entry.Id, ToExpiry(entry.Message), RowPackets.Write(entry.Message)))],
            Deliveries = _deliveries,
            Retained =
            [
                .. from entry in _retained
                   where entry.Value is not null
                   select new RetainedRow(ToText(entry.Key), entry.Value.Origin, ToExpiry(entry.Value), RowPackets.Write(entry.Value)),
            ],
        },
        EndedSessions = EndedSessions,
        RemovedSubscriptions = _removedSubscriptions,
        RemovedIncoming = _removedIncoming,
        RemovedDeliveries = _removedDeliveries,
        RemovedMessages = RemovedMessages,
        RemovedRetained = [.. from entry in _retained where entry.Value is null select ToText(entry.Key)],
    };

    private static string ToText(byte[] topic) => Encoding.UTF8.GetString(topic);

    private DateTimeOffset? ToExpiry(StoredMessage message) => message.ExpiresAt == RoutedMessage.Never ? null : ToUtc(message.ExpiresAt);

    private DateTimeOffset ToUtc(long at) => utcNow.AddMilliseconds(at - now);
}
