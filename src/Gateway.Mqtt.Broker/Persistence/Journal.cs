using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Persistence;

/// <summary>
/// Notes which rows of durable state changed, and hands them over commit by commit. Output that promises something
/// waits for the commit that covers it; changes that nobody waits for may take their time, and those that undo each
/// other meanwhile are never written. It belongs to the <see cref="BrokerState"/>: called within turns only.
/// </summary>
/// <remarks>
/// Notes are kept per row, so they take no more memory than what they are about; beyond
/// <see cref="MostChanges"/> and <see cref="MostBytes"/> nothing more is read from clients that wait for a commit.
/// </remarks>
internal sealed partial class Journal
{
    private const int MostChanges = 50_000;
    private const long MostBytes = 32 * 1024 * 1024;

    private readonly BrokerState _state;
    private readonly JournalDeadline _deadline;
    private readonly JournalDeadline _localDeadline;
    private readonly List<ServerConnection> _held = [];
    private long _interval;
    private long _localInterval;
    private long _lastSession;
    private long _lastMessage;

    // Changed before the deadline came last, and since.
    private ChangeSet _settled = new();
    private ChangeSet _fresh = new();
    private List<SessionRecord> _sessions = [];
    private List<long> _endedSessions = [];
    private List<long> _removedMessages = [];
    private readonly Dictionary<byte[], StoredMessage?> _localRetained = new(TopicBytesComparer.Instance);
    private bool _isUrgent;
    private bool _isDue;
    private bool _isRecording;
    private bool _isGateOpen;

    public Journal(BrokerState state)
    {
        _state = state;
        _deadline = new JournalDeadline(OnDue);
        _localDeadline = new JournalDeadline(OnLocalDue);
    }

    /// <summary>There is a store, and what it had is loaded.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>The store failed, and was not tried again yet.</summary>
    public bool IsSuspended => IsOpen && !_isRecording;

    /// <summary>Somebody is to take a batch.</summary>
    public bool IsReady => _isUrgent || _isDue;

    /// <summary>Grows with every change: whoever compares it knows whether there was one.</summary>
    public long Version { get; private set; }

    /// <summary>The commit that covers what changes now.</summary>
    public long NextCommit { get; private set; } = 1;

    /// <summary>Nothing waits for commits: there is no store, or it fails.</summary>
    public bool IsGateOpen => !IsOpen || _isGateOpen;

    /// <summary>So much waits to be written that clients are kept from adding to it.</summary>
    public bool IsBehind => _fresh.Count + _settled.Count > MostChanges || _fresh.Bytes + _settled.Bytes > MostBytes;

    /// <summary>Changes that wait for a commit.</summary>
    public int Count => _fresh.Count + _settled.Count + _sessions.Count + _endedSessions.Count + _removedMessages.Count + _localRetained.Count;

    /// <summary>Begins to note changes.</summary>
    /// <param name="interval">How long changes may wait that no client waits for.</param>
    /// <param name="localInterval">The same for retained messages of this process.</param>
    /// <param name="lastSession">The highest id of a session that was ever in the store.</param>
    /// <param name="lastMessage">The highest id of a message.</param>
    public void Open(TimeSpan interval, TimeSpan localInterval, long lastSession, long lastMessage)
    {
        // A change waits for one deadline to settle, and is written at the next.
        _interval = Math.Max(1, (long)interval.TotalMilliseconds / 2);
        _localInterval = (long)localInterval.TotalMilliseconds;
        _lastSession = lastSession;
        _lastMessage = lastMessage;
        IsOpen = true;
        _isRecording = true;
    }

    /// <summary>The broker stops: nothing is noted any more, and nothing waits.</summary>
    public void Close()
    {
        Suspend();
        IsOpen = false;
    }

    /// <summary>What was noted is to be committed at once, though nobody waits.</summary>
    public void Hurry() => _isUrgent |= _isRecording && Count > _localRetained.Count;

    /// <summary>The connection has output that waits for <see cref="NextCommit"/>.</summary>
    public void OnHeld(ServerConnection connection, bool isNew)
    {
        _isUrgent = true;
        if (isNew)
        {
            _held.Add(connection);
        }
    }

    /// <summary>What the next commit covers; null when nothing is to be committed now. The caller commits it and says so before the next.</summary>
    /// <param name="utcNow">The time.</param>
    /// <param name="everything">Whether or not it is due, retained messages of this process too.</param>
    public JournalBatch? Take(DateTimeOffset utcNow, bool everything = false)
    {
        if (!_isRecording || !(IsReady || everything))
        {
            return null;
        }

        var batch = new JournalBatch(utcNow, _state.Now);
        TakeSessions(batch);
        _settled.MoveTo(batch);
        if (_isUrgent || everything)
        {
            _fresh.MoveTo(batch);
        }

        if (everything)
        {
            TakeLocalRetained(batch);
        }

        (_settled, _fresh) = (_fresh, _settled);
        _isUrgent = _isDue = false;
        NextCommit++;
        ScheduleIfNeeded();
        if (batch.IsEmpty)
        {
            OnCommitted();
            return null;
        }

        return batch;
    }

    /// <summary>Everything there is, for a store that has nothing or the wrong things.</summary>
    public JournalBatch TakeAll(DateTimeOffset utcNow)
    {
        Clear();
        _isRecording = true;
        var batch = new JournalBatch(utcNow, _state.Now) { ReplacesAll = true };
        var records = _state.Sessions.All.Select(session => session.Record).OfType<SessionRecord>().ToList();
        var deliveries = records.SelectMany(record => record.Session.DeliveryRecords()).ToList();
        foreach (var message in deliveries.Select(delivery => delivery.Message).OfType<MessageRecord>())
        {
            message.IsWritten = false;
        }

        foreach (var record in records)
        {
            record.IsChanged = true;
            record.Subscriptions.UnionWith(record.Session.Subscriptions.Keys);
            record.Incoming.UnionWith(record.Session.IncomingIdentifiers);
            _sessions.Add(record);
        }

        TakeSessions(batch);
        deliveries.ForEach(batch.Add);
        foreach (var retained in _state.Retained.All().Where(IsKept))
        {
            batch.Add(retained.Topic.ToArray(), retained);
        }

        NextCommit++;
        return batch;
    }

    /// <summary>The batch that was taken last is committed: what it covers may be told.</summary>
    public void OnCommitted()
    {
        if (_isGateOpen)
        {
            // What came while the whole was written was promised already.
            _isGateOpen = false;
            Hurry();
        }

        Release(NextCommit - 1);
    }

    /// <summary>
    /// The store failed. Nothing waits for it any more and nothing is noted, until <see cref="TakeAll"/> begins anew.
    /// </summary>
    public void Suspend()
    {
        Clear();
        _isRecording = false;
        _isGateOpen = true;
        Release(NextCommit++);
    }

    private void Release(long committed)
    {
        // Whoever still waits for a later commit stays in the list.
        var kept = 0;
        for (var i = 0; i < _held.Count; i++)
        {
            if (_held[i].OnCommitted(committed))
            {
                _held[kept++] = _held[i];
            }
        }

        _held.RemoveRange(kept, _held.Count - kept);
    }

    private void OnDue()
    {
        _isDue = true;
        if (_settled.Count == 0)
        {
            // Nothing has waited long enough yet.
            (_settled, _fresh) = (_fresh, _settled);
            _isDue = _sessions.Count + _endedSessions.Count + _removedMessages.Count > 0;
        }

        ScheduleIfNeeded();
    }

    private void OnLocalDue()
    {
        foreach (var (topic, message) in _localRetained)
        {
            _settled.Add(topic, message);
        }

        _localRetained.Clear();
        _isDue = true;
    }

    private void ScheduleIfNeeded()
    {
        if (!_deadline.IsScheduled && Count > _localRetained.Count)
        {
            _state.Deadlines.Schedule(_deadline, _state.Now + _interval);
        }
    }

    private void TakeSessions(JournalBatch batch)
    {
        foreach (var record in _sessions)
        {
            if (!record.IsEnded)
            {
                batch.Add(record);
            }

            record.IsListed = record.IsChanged = false;
            record.Subscriptions.Clear();
            record.Incoming.Clear();
        }

        _sessions.Clear();
        batch.EndedSessions.AddRange(_endedSessions);
        _endedSessions.Clear();
        batch.RemovedMessages.AddRange(_removedMessages);
        _removedMessages.Clear();
    }

    private void TakeLocalRetained(JournalBatch batch)
    {
        foreach (var (topic, message) in _localRetained)
        {
            batch.Add(topic, message);
        }

        _localRetained.Clear();
        _state.Deadlines.Cancel(_localDeadline);
    }

    private void Clear()
    {
        foreach (var record in _sessions)
        {
            record.IsListed = record.IsChanged = false;
            record.Subscriptions.Clear();
            record.Incoming.Clear();
        }

        _sessions.Clear();
        _endedSessions.Clear();
        _removedMessages.Clear();
        _localRetained.Clear();
        _settled.Clear();
        _fresh.Clear();
        _isUrgent = _isDue = false;
        _state.Deadlines.Cancel(_deadline);
        _state.Deadlines.Cancel(_localDeadline);
    }
}
