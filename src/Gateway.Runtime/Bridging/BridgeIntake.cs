using Gateway.Mqtt.Broker.Embedding;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Queue;
using Gateway.Storage.Timing;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Bridging;

/// <summary>
/// Takes what goes out from the local broker into the durable queue. Who publishes at QoS 1 or 2 hears that the message has arrived
/// (PUBACK, PUBREC) once it is on the disk, or once the upstream broker has it, whichever comes first; or, in 5.0, that there is no room. Thread-safe.
/// </summary>
internal sealed class BridgeIntake : IMessageTap, IQueueObserver, IAsyncDisposable
{
    /// <summary>
    /// Half of it is the upstream broker's time to acknowledge a message before that is written to the disk: with a broker
    /// that answers in time, nothing is.
    /// </summary>
    private static readonly TimeSpan MaxLoss = TimeSpan.FromMilliseconds(200);

    private const int MaxKnownTopics = 4096;
    private const int LongestKnownTopic = 256;

    private static readonly TimeSpan LoopWindow = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, TaskCompletionSource> _unsafe = [];
    private readonly HashSet<string> _topics = [];
    private readonly OwnTopics _ownTopics;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly LoopGuard _ring;
    private readonly int _longestBody;
    private OfflineQueue? _queue;
    private volatile Route _route;
    private long _notQueued;
    private long _looped;
    private volatile bool _isConnected;
    private long _tooLarge;

    private BridgeIntake(OwnTopics ownTopics, long maxSizeBytes, TimeProvider timeProvider, ILogger logger)
    {
        _ownTopics = ownTopics;
        _timeProvider = timeProvider;
        _logger = logger;
        _ring = new LoopGuard(LoopWindow, timeProvider);
        _longestBody = (int)Math.Min(QueueOptions.MaxBodyLength, maxSizeBytes / 16);
        _route = new Route(new TopicMap([]), new BridgePath(""), false);
    }

    /// <summary>The queue's far end.</summary>
    public QueueReader Reader => _queue!.Readers[0];

    /// <summary>How long ago a message came; null if nobody knows.</summary>
    public TimeSpan? AgeOf(QueueRecord record) => _queue!.AgeOf(record);

    /// <summary>The queue.</summary>
    public QueueStatistics Queue => _queue!.GetStatistics();

    /// <summary>Messages of QoS 0 that were not queued since the upstream broker was away, and messages too large for the queue.</summary>
    public long NotQueued => Interlocked.Read(ref _notQueued) + Interlocked.Read(ref _tooLarge);

    /// <summary>Messages that had come back.</summary>
    public long Looped => Interlocked.Read(ref _looped);

    /// <summary>Whether the upstream broker can be reached: what waits for nothing is not queued otherwise.</summary>
    public bool IsConnected { set => _isConnected = value; }

    /// <summary>Opens the queue.</summary>
    public static async Task<BridgeIntake> OpenAsync(
        string folder, OfflineQueueOptions options, OwnTopics ownTopics, AcquisitionClock? clock, TimeProvider timeProvider, ILoggerFactory loggerFactory)
    {
        var intake = new BridgeIntake(ownTopics, options.MaxSizeBytes, timeProvider, loggerFactory.CreateLogger<BridgeIntake>());
        var queue = new QueueOptions
        {
            Folder = folder,
            MaxSizeBytes = options.MaxSizeBytes,
            KeepFreeBytes = options.KeepFreeBytes,
            MemoryLimitBytes = options.MemoryBytes,
            MaxAge = options.MaxAge,
            WhenFull = options.Full,
            MaxLoss = options.MaxLoss < MaxLoss ? options.MaxLoss : MaxLoss,
        };
        intake._queue = await OfflineQueue.OpenAsync(queue, intake, timeProvider, loggerFactory.CreateLogger<OfflineQueue>(), clock).ConfigureAwait(false);
        return intake;
    }

    /// <summary>What is taken from now on, and where it goes.</summary>
    public void SetRoute(TopicMap map, BridgePath path, bool isUplinkBroker)
    {
        _route = new Route(map, path, isUplinkBroker);
        _queue!.SetDevices(map.Out.Select(entry => entry.LocalFilter));
    }

    /// <inheritdoc/>
    public bool TryTake(ApplicationMessage message, in MessagePublisher publisher, out Task? safe)
    {
        safe = null;

        // What this process publishes is the gateway's own, or came in by this bridge.
        if (publisher.ClientId is not { } client || _route.Find(message, _ownTopics) is not { } found)
        {
            return true;
        }

        if (_route.Path.IsOn(message) || (publisher.IsBridge && _ring.IsEcho(message.Topic, message, client)))
        {
            if (Interlocked.Increment(ref _looped) == 1)
            {
                Log.BridgeLoop(_logger, message.Topic);
            }

            return true;
        }

        if (found.Entry.QoS == QualityOfService.AtMostOnce && !_isConnected)
        {
            Interlocked.Increment(ref _notQueued);
            return true;
        }

        _ring.Sent(message.Topic, message, client);
        return TryEnqueue(message, found.Topic, found.Entry, out safe);
    }

    /// <summary>Takes a retained message that was there before the bridge.</summary>
    /// <returns>Ends when it is safe; null if it is none of the bridge's, or there is no room for it.</returns>
    public Task? TakeRetained(ApplicationMessage message, BridgeTopic entry) =>
        _route.Find(message, _ownTopics) is { } found && found.Entry == entry && !_ownTopics.Contains(message.Topic) && !_route.Path.IsOn(message)
            && TryEnqueue(message, found.Topic, entry, out var safe)
            ? safe
            : null;

    /// <summary>Lets what is parked come again.</summary>
    public void RetryParked() => _queue!.RetryParked();

    /// <summary>Throws away what is parked.</summary>
    public void PurgeParked() => _queue!.PurgeParked();

    /// <summary>A record has left the queue.</summary>
    public void OnLeft(long position)
    {
        TaskCompletionSource? safe;
        lock (_gate)
        {
            _unsafe.Remove(position, out safe);
        }

        safe?.SetResult();
    }

    /// <inheritdoc/>
    public void Accepted(QueueRecord record)
    {
    }

    /// <inheritdoc/>
    public void Secured(long through)
    {
        List<TaskCompletionSource> safe = [];
        lock (_gate)
        {
            while (_unsafe.Count > 0 && _unsafe.First() is var (position, waiting) && position <= through)
            {
                _unsafe.Remove(position);
                safe.Add(waiting);
            }
        }

        safe.ForEach(waiting => waiting.SetResult());
    }

    /// <inheritdoc/>
    public void Parked(long position) => OnLeft(position);

    /// <summary>Closes the queue; what is in it stays on the disk.</summary>
    public async ValueTask DisposeAsync()
    {
        await _queue!.DisposeAsync().ConfigureAwait(false);
        Secured(long.MaxValue);
    }

    // False: it is not in the queue, though its publisher and the entry ask for that.
    private bool TryEnqueue(ApplicationMessage message, string topic, BridgeTopic entry, out Task? safe)
    {
        safe = null;
        var qos = message.QoS < entry.QoS ? message.QoS : entry.QoS;
        var body = BridgeRecord.Encode(_route.Path.Extend(message) with { Topic = topic, QoS = qos });
        if (body.Length > _longestBody)
        {
            Interlocked.Increment(ref _tooLarge);
            Log.BridgeMessageTooLarge(_logger, message.Topic, body.Length, _longestBody);
            return qos == QualityOfService.AtMostOnce;
        }

        // Within the gate: the record may be safe, or gone, before its position is known here.
        lock (_gate)
        {
            var outcome = _queue!.Append(_timeProvider.GetUtcNow(), entry.LocalFilter, NamePoint(message.Topic), body, isUrgent: false, out var position);
            if (outcome != AppendOutcome.Taken || qos == QualityOfService.AtMostOnce || !_queue.IsOnDisk)
            {
                return outcome == AppendOutcome.Taken || qos == QualityOfService.AtMostOnce;
            }

            var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _unsafe.Add(position, waiting);
            safe = waiting.Task;
            return true;
        }
    }

    /// <summary>The topic, so that each of them is thinned out for itself: of so many as the queue is to know by name; the others are one point.</summary>
    private string NamePoint(string topic) =>
        topic.Length <= LongestKnownTopic && (_topics.Contains(topic) || (_topics.Count < MaxKnownTopics && _topics.Add(topic))) ? topic : "";

    /// <summary>What goes out, where, and as whose.</summary>
    private sealed record Route(TopicMap Map, BridgePath Path, bool IsUplinkBroker)
    {
        public (string Topic, BridgeTopic Entry)? Find(ApplicationMessage message, OwnTopics ownTopics) =>
            Map.ToRemote(message.Topic) is { } found && !(IsUplinkBroker && ownTopics.Contains(found.Topic)) ? found : null;
    }
}
