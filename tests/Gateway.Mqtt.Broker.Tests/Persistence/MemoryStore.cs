namespace Gateway.Mqtt.Broker.Tests.Persistence;

/// <summary>A store in memory whose commits fail, or wait for the test, as it likes.</summary>
internal sealed class MemoryStore : IBrokerStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, SessionRow> _sessions = [];
    private readonly Dictionary<(long, string), SubscriptionRow> _subscriptions = [];
    private readonly SortedSet<(long, ushort)> _incoming = [];
    private readonly SortedDictionary<long, MessageRow> _messages = [];
    private readonly SortedDictionary<(long, long), DeliveryRow> _deliveries = [];
    private readonly SortedDictionary<string, RetainedRow> _retained = new(StringComparer.Ordinal);
    private TaskCompletionSource? _held;
    private bool _isManual;
    private int _failures;
    private int _commits;

    /// <summary>Commits wait for <see cref="Release"/>.</summary>
    public bool IsManual
    {
        set
        {
            lock (_gate)
                _isManual = value;
        }
    }

    /// <summary>So many commits fail from now on.</summary>
    public int Failures
    {
        get
        {
            lock (_gate)
                return _failures;
        }

        set
        {
            lock (_gate)
                _failures = value;
        }
    }

    public int Commits
    {
        get
        {
            lock (_gate)
                return _commits;
        }
    }

    /// <summary>A commit waits.</summary>
    public bool IsWaiting
    {
        get
        {
            lock (_gate)
                return _held is not null;
        }
    }

    /// <summary>What is committed.</summary>
    public BrokerRows Rows
    {
        get
        {
            lock (_gate)
            {
                return new BrokerRows
                {
                    Sessions = [.. _sessions.Values],
                    Subscriptions = [.. _subscriptions.Values],
                    Incoming = [.. _incoming.Select(key => new IncomingRow(key.Item1, key.Item2))],
                    Messages = [.. _messages.Values],
                    Deliveries = [.. _deliveries.Values],
                    Retained = [.. _retained.Values],
                };
            }
        }
    }

    public ValueTask<BrokerRows> LoadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Rows);

    public async ValueTask CommitAsync(BrokerChanges changes, CancellationToken cancellationToken)
    {
        TaskCompletionSource? held = null;
        lock (_gate)
        {
            if (_isManual)
            {
                held = _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        if (held is not null)
        {
            await held.Task;
        }

        Apply(changes);
    }

    /// <summary>Lets the commit that waits go on.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _held!.SetResult();
            _held = null;
        }
    }

    public void Apply(BrokerChanges changes)
    {
        lock (_gate)
        {
            if (_failures > 0)
            {
                _failures--;
                throw new IOException("no disk");
            }

            _commits++;
            if (changes.ReplacesAll)
            {
                _sessions.Clear();
                _subscriptions.Clear();
                _incoming.Clear();
                _messages.Clear();
                _deliveries.Clear();
                _retained.Clear();
            }

            Remove(changes);
            Save(changes.Saved);
        }
    }

    private void Remove(BrokerChanges changes)
    {
        foreach (var id in changes.EndedSessions)
        {
            _sessions.Remove(id);
            _incoming.RemoveWhere(key => key.Item1 == id);
            _subscriptions.Keys.Where(key => key.Item1 == id).ToList().ForEach(key => _subscriptions.Remove(key));
            _deliveries.Keys.Where(key => key.Item1 == id).ToList().ForEach(key => _deliveries.Remove(key));
        }

        changes.RemovedSubscriptions.ToList().ForEach(key => _subscriptions.Remove(key));
        changes.RemovedIncoming.ToList().ForEach(row => _incoming.Remove((row.SessionId, row.PacketIdentifier)));
        changes.RemovedDeliveries.ToList().ForEach(key => _deliveries.Remove(key));
        changes.RemovedMessages.ToList().ForEach(id => _messages.Remove(id));
        changes.RemovedRetained.ToList().ForEach(topic => _retained.Remove(topic));
    }

    private void Save(BrokerRows rows)
    {
        rows.Sessions.ToList().ForEach(row => _sessions[row.Id] = row);
        rows.Subscriptions.ToList().ForEach(row => _subscriptions[(row.SessionId, row.TopicFilter)] = row);
        rows.Incoming.ToList().ForEach(row => _incoming.Add((row.SessionId, row.PacketIdentifier)));
        rows.Messages.ToList().ForEach(row => _messages[row.Id] = row);
        rows.Deliveries.ToList().ForEach(row => _deliveries[(row.SessionId, row.Number)] = row);
        rows.Retained.ToList().ForEach(row => _retained[row.Topic] = row);
    }
}
