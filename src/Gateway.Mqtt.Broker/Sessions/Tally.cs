namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>The running counts behind <see cref="BrokerCounters"/>.</summary>
internal sealed class Tally
{
    public int Connections;
    public long ConnectionsOpened;
    public int Clients;
    public int MostClients;
    public long SessionsExpired;
    public long BytesBeforeConnAck;
    public int QueuedMessages;
    public long QueuedBytes;
    public long ClientsAccepted;
    public long ClientsRefused;
    public long ConnectionsRefused;
    public long AcceptFailures;
    public long LoginsFailed;
    public long LoginsSlowed;
    public long RatePauses;
    public long ProtocolErrors;
    public long PacketsReceived;
    public long PacketsSent;
    public long PayloadBytesReceived;
    public long PayloadBytesSent;
    public long MessagesReceived;
    public long MessagesSent;
    public long BytesReceived;
    public long BytesSent;
    public long SlowSubscribers;
    public long DroppedSlowSubscriber;
    public long DroppedQueueFull;
    public long DroppedTooLarge;
    public long DroppedExpired;
    public long NotRetained;
    public long Commits;
    public long CommitFailures;
    public long Unauthorized;

    /// <summary>Messages that somebody who subscribed did not get, for whatever reason.</summary>
    public long Dropped => DroppedSlowSubscriber + DroppedQueueFull + DroppedTooLarge + DroppedExpired;

    public BrokerCounters ToCounters(BrokerState state) => new()
    {
        Connections = Connections,
        Clients = Clients,
        MostClients = MostClients,
        SessionsExpired = SessionsExpired,
        PacketsReceived = PacketsReceived,
        PacketsSent = PacketsSent,
        Sessions = state.Sessions.Count,
        Subscriptions = state.Subscriptions.Count,
        RetainedMessages = state.Retained.Count,
        RetainedBytes = state.Retained.Bytes,
        BytesBeforeConnAck = BytesBeforeConnAck,
        QueuedMessages = QueuedMessages,
        QueuedBytes = QueuedBytes,
        ClientsAccepted = ClientsAccepted,
        ClientsRefused = ClientsRefused,
        ConnectionsRefused = ConnectionsRefused,
        AcceptFailures = AcceptFailures,
        LoginsFailed = LoginsFailed,
        LoginsSlowed = LoginsSlowed,
        RatePauses = RatePauses,
        ProtocolErrors = ProtocolErrors,
        MessagesReceived = MessagesReceived,
        MessagesSent = MessagesSent,
        BytesReceived = BytesReceived,
        BytesSent = BytesSent,
        SlowSubscribers = SlowSubscribers,
        DroppedSlowSubscriber = DroppedSlowSubscriber,
        DroppedQueueFull = DroppedQueueFull,
        DroppedTooLarge = DroppedTooLarge,
        DroppedExpired = DroppedExpired,
        NotRetained = NotRetained,
        IsStoreFailing = state.Journal.IsOpen && state.Journal.IsGateOpen,
        UncommittedChanges = state.Journal.Count,
        Commits = Commits,
        CommitFailures = CommitFailures,
        Unauthorized = Unauthorized,
        DroppedEvents = state.Observers.Dropped,
    };
}
