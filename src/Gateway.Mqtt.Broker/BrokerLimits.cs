namespace Gateway.Mqtt.Broker;

/// <summary>
/// What one client, and all of them together, may take. Whatever goes beyond is refused or dropped as the standard
/// allows, and counted in <see cref="BrokerCounters"/>.
/// </summary>
public sealed record BrokerLimits
{
    private const int MostPerSecond = 10_000_000;

    /// <summary>Network connections at a time, 1 or more; further ones are closed at once. Default 10,000.</summary>
    public int Connections { get; init; } = 10_000;

    /// <summary>
    /// The same from one IPv4 address, or one /64 of IPv6, 1 or more. Connections without an address (Unix sockets,
    /// pipes) are not counted here. Default 5,000.
    /// </summary>
    public int ConnectionsPerAddress { get; init; } = 5_000;

    /// <summary>
    /// Clients that may connect in a second in the long run, ten times as many at once; further ones are refused
    /// (0x9F), over TLS closed before the handshake. 0: no limit. Default 2,000.
    /// </summary>
    public int ConnectRate { get; init; } = 2_000;

    /// <summary>The same from one address. Default 1,000.</summary>
    public int ConnectRatePerAddress { get; init; } = 1_000;

    /// <summary>
    /// The longest pause after failed log-ins from one address, zero or more: from the fourth failure on the next
    /// check waits, twice as long each time; one failure is forgotten each minute, and none is added to those that make
    /// the longest pause. Checks that are under way count as failures for those that come meanwhile, which wait for
    /// their results. Where the pause is more than half the <see cref="ConnectTimeout"/>, they are refused (0x9F).
    /// Default 30 s.
    /// </summary>
    public TimeSpan LoginDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From the network connection to its CONNECT, more than zero; then it is closed. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest Keep Alive, 0 to 65,535 s; a client that asks for more or for none gets this. 0, the default, leaves it to the client.</summary>
    public ushort KeepAliveSeconds { get; init; }

    /// <summary>
    /// Bytes of one packet from a client, 1 kB to 200 MB; longer ones are refused (0x95). Default 16 MiB. Before it is let
    /// in, 256 KiB at most; and for all clients that are not let in yet no more than 32 MiB are kept, beside 4 KiB for each.
    /// </summary>
    public int PacketSize { get; init; } = 16 * 1024 * 1024;

    /// <summary>UTF-8 bytes of a topic name or filter, 1 to 65,535, the default; longer ones are refused (0x90, 0x8F).</summary>
    public int TopicLength { get; init; } = ushort.MaxValue;

    /// <summary>Levels of a topic name or filter, 1 to 512; deeper ones are refused (0x90, 0x8F). Default 200.</summary>
    public int TopicLevels { get; init; } = 200;

    /// <summary>UTF-8 bytes of a client identifier, 23 to 65,535. Default 1,024.</summary>
    public int ClientIdLength { get; init; } = 1024;

    /// <summary>
    /// QoS 1 and 2 messages a client may have unacknowledged by the broker, 1 to 65,535: the Receive Maximum it is
    /// told. Default 1,024.
    /// </summary>
    public ushort ReceiveMaximum { get; init; } = 1024;

    /// <summary>
    /// QoS 1 and 2 messages the broker sends to a client without an acknowledgement, 1 to 65,535; a client's own
    /// Receive Maximum may lower it. Default 1,024.
    /// </summary>
    public ushort InFlight { get; init; } = 1024;

    /// <summary>Topic Aliases per connection and direction, 0 to 65,535. Default 32.</summary>
    public ushort TopicAliases { get; init; } = 32;

    /// <summary>
    /// Messages one client may publish in a second in the long run, as many at once; what is beyond is not lost, but
    /// left in its connection until its time has come. 0, the default: no limit.
    /// </summary>
    public int MessageRate { get; init; }

    /// <summary>Subscriptions of one client, 1 or more; further ones are refused (0x97). Default 10,000.</summary>
    public int Subscriptions { get; init; } = 10_000;

    /// <summary>Sessions, with and without a connection, 1 or more; further clients are refused (0x97). Default 20,000.</summary>
    public int Sessions { get; init; } = 20_000;

    /// <summary>
    /// How long a session may outlive its connection; a longer Session Expiry Interval is cut to this, and MQTT 3
    /// sessions end with it; so it is with those of a store. Default: no limit (<see cref="Timeout.InfiniteTimeSpan"/>).
    /// </summary>
    public TimeSpan SessionExpiry { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// QoS 1 and 2 messages that wait for one client, 0 or more; then the newest is dropped. When a client that is
    /// connected falls behind by half of this, whoever publishes to it waits until it catches up, for two seconds and a
    /// half at most. Default 100,000.
    /// </summary>
    public int QueuedMessages { get; init; } = 100_000;

    /// <summary>Bytes of the messages that wait for one client, 0 or more; then as above. Default 32 MiB.</summary>
    public long QueuedBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Messages that wait for all clients together, 0 or more; then the newest is dropped. Default 1,000,000.</summary>
    public int AllQueuedMessages { get; init; } = 1_000_000;

    /// <summary>Bytes of the messages that wait for all clients together, 0 or more; then the newest is dropped. Default 256 MiB.</summary>
    public long AllQueuedBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>
    /// Bytes that wait for one connection's socket, 4 kB or more. Beyond it QoS 0 messages to it are dropped, QoS 1
    /// and 2 wait in the queue, and nothing is read from it. Default 1 MiB.
    /// </summary>
    public int UnsentBytes { get; init; } = 1024 * 1024;

    /// <summary>Retained messages, 0 or more; then only topics that have one already are retained. Default 100,000.</summary>
    public int RetainedMessages { get; init; } = 100_000;

    /// <summary>Bytes of the retained messages, 0 or more; then as above. Default 64 MiB.</summary>
    public long RetainedBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>A Session Expiry Interval, seconds, cut to <see cref="SessionExpiry"/>.</summary>
    internal uint CutExpiry(uint seconds)
        => SessionExpiry == Timeout.InfiniteTimeSpan ? seconds : (uint)Math.Min(seconds, Math.Ceiling(SessionExpiry.TotalSeconds));

    /// <summary>Null when every limit is within its range; else a sentence that says which is not.</summary>
    internal string? Validate()
        => Check(nameof(Connections), Connections, 1, int.MaxValue)
            ?? Check(nameof(ConnectionsPerAddress), ConnectionsPerAddress, 1, int.MaxValue)
            ?? Check(nameof(ConnectRate), ConnectRate, 0, MostPerSecond)
            ?? Check(nameof(ConnectRatePerAddress), ConnectRatePerAddress, 0, MostPerSecond)
            ?? Check(nameof(LoginDelay), LoginDelay.TotalSeconds, 0, 86_400)
            ?? Check(nameof(ConnectTimeout), ConnectTimeout.TotalSeconds, 0.001, 86_400)
            ?? Check(nameof(PacketSize), PacketSize, 1024, 200_000_000)
            ?? Check(nameof(TopicLength), TopicLength, 1, ushort.MaxValue)
            ?? Check(nameof(TopicLevels), TopicLevels, 1, 512)
            ?? Check(nameof(ClientIdLength), ClientIdLength, 23, ushort.MaxValue)
            ?? Check(nameof(ReceiveMaximum), ReceiveMaximum, 1, ushort.MaxValue)
            ?? Check(nameof(InFlight), InFlight, 1, ushort.MaxValue)
            ?? Check(nameof(MessageRate), MessageRate, 0, MostPerSecond)
            ?? Check(nameof(Subscriptions), Subscriptions, 1, int.MaxValue)
            ?? Check(nameof(Sessions), Sessions, 1, int.MaxValue)
            ?? Check(nameof(QueuedMessages), QueuedMessages, 0, int.MaxValue)
            ?? Check(nameof(QueuedBytes), QueuedBytes, 0, long.MaxValue)
            ?? Check(nameof(AllQueuedMessages), AllQueuedMessages, 0, int.MaxValue)
            ?? Check(nameof(AllQueuedBytes), AllQueuedBytes, 0, long.MaxValue)
            ?? Check(nameof(UnsentBytes), UnsentBytes, 4096, int.MaxValue / 4)
            ?? Check(nameof(RetainedMessages), RetainedMessages, 0, int.MaxValue)
            ?? Check(nameof(RetainedBytes), RetainedBytes, 0, long.MaxValue)
            ?? (SessionExpiry >= TimeSpan.Zero || SessionExpiry == Timeout.InfiniteTimeSpan
                ? null
                : $"{nameof(SessionExpiry)} is {SessionExpiry}; it is zero or more.");

    private static string? Check(string name, double value, double least, double most)
        => value >= least && value <= most
            ? null
            : FormattableString.Invariant($"{name} is {value}; allowed is {least} to {most}.");
}
