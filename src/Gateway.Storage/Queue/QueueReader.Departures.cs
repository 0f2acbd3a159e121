using Gateway.Mqtt.Client;

namespace Gateway.Storage.Queue;

/// <content>
/// Exactly once over restarts. What was never on the disk needs nothing there: a restart forgets it, and the uplink's session has it or
/// not. What is on the disk must not leave before it is written there under which number, and its arrival must be there before the other
/// side forgets the number. It stays until that has happened: a session that is lost in between took with it what had arrived, perhaps.
/// </content>
public sealed partial class QueueReader : ISessionStore
{
    private readonly Dictionary<long, Departure> _labels = []; // of records that are in memory alone
    private readonly Dictionary<ushort, long> _arrived = []; // what arrived last under each number
    private readonly List<Departure> _unsecured = [];
    private List<DepartedRecord> _departed = [];

    /// <summary>Is told, on a thread of the queue, of the numbers whose <see cref="ISessionStore.TryKeep"/> or <see cref="ISessionStore.TryForget"/> had to wait; in trouble with the disk, too.</summary>
    public Action<IReadOnlyList<ushort>>? Secured { get; set; }

    /// <summary>
    /// The numbers under which an earlier run sent at QoS 2, in order, with the record where it had not heard that the number is forgotten; that
    /// counts as read from now on. Before the first read.
    /// </summary>
    /// <param name="maxLabel">What has a greater number is left to be read, as new.</param>
    public IReadOnlyList<DepartedRecord> TakeDeparted(int maxLabel)
    {
        lock (_buffer.Gate)
        {
            List<DepartedRecord> taken = [];
            foreach (var departed in _departed.Where(departed => departed.Label <= maxLabel))
            {
                if (departed.Record is not { } found || _acknowledged.Contains(found.Position))
                {
                    taken.Add(departed with { Record = null });
                    continue;
                }

                // What left as live is live when it goes again: as backlog it would overtake the backlog that it had overtaken.
                var record = Order == DrainOrder.LiveFirst ? found : found with { IsBacklog = false };
                var lane = Order == DrainOrder.LiveFirst && record is { IsBacklog: false, IsUrgent: false } ? _live : null;
                _outstanding.Add(record.Position, new Outstanding(record, record.Position, lane));
                _live.Outstanding += lane is null ? 0 : 1;
                if (departed.HasArrived)
                {
                    _arrived[departed.Label] = record.Position;
                }

                taken.Add(departed with { Record = _buffer.Place(record) });
            }

            _departed = [];
            return taken;
        }
    }

    /// <inheritdoc/>
    public bool TryKeep(ushort packetIdentifier, long token)
    {
        lock (_buffer.Gate)
        {
            var position = _buffer.ToPosition(token);

            // A number that is taken anew was forgotten on the other side: what had it is acknowledged, whether that was heard here yet or not.
            // It must be gone from the disk when its number is.
            if (_arrived.Remove(packetIdentifier, out var last) && last != position)
            {
                Acknowledge(_buffer.ToPlace(last));
            }

            return !_outstanding.TryGetValue(position, out var entry) || Note(new Departure(packetIdentifier, position, HasArrived: false, entry.Record.IsBacklog));
        }
    }

    /// <inheritdoc/>
    public bool TryForget(ushort packetIdentifier, long token)
    {
        lock (_buffer.Gate)
        {
            var position = _buffer.ToPosition(token);
            if (!_outstanding.TryGetValue(position, out var entry))
            {
                return true;
            }

            _arrived[packetIdentifier] = position;
            return Note(new Departure(packetIdentifier, position, HasArrived: true, entry.Record.IsBacklog));
        }
    }

    /// <summary>What an earlier run had under way. Under the gate.</summary>
    internal void Recall(List<DepartedRecord> departed) => _departed = departed;

    /// <summary>The number under which a record left that is about to be written; null if it has none. Under the gate.</summary>
    internal Departure? DepartureOf(long position) => _labels.TryGetValue(position, out var departure) ? departure : null;

    /// <summary>What waits for the disk. Under the gate.</summary>
    internal Departure[] GetUnsecured() => [.. _unsecured];

    /// <summary>These need not wait any more; some may have stopped waiting before. Answers their numbers, but for those that wait for something later. Under the gate.</summary>
    internal ushort[] ForgetUnsecured(Departure[] departures)
    {
        var labels = departures.Where(_unsecured.Remove).Select(departure => departure.Label).ToArray();
        if (_unsecured.Count == 0)
        {
            return labels;
        }

        var waiting = _unsecured.Select(departure => departure.Label).ToHashSet();
        return Array.FindAll(labels, label => !waiting.Contains(label));
    }

    private bool Note(Departure departure)
    {
        if (_buffer.Tail.IsUnwritten(departure.Position))
        {
            _labels[departure.Position] = departure;
            return true;
        }

        _unsecured.Add(departure);
        _buffer.Alarm.RingNow();
        return false;
    }

    private void ForgetPositions()
    {
        _labels.Clear();
        _arrived.Clear();
        _departed = [];
        for (var i = 0; i < _unsecured.Count; i++)
        {
            _unsecured[i] = _unsecured[i] with { Position = 0 };
        }
    }
}
