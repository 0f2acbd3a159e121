using Gateway.Mqtt.Broker.Embedding;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Queue;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Bridging;

/// <summary>
/// Takes what goes out from the local broker into the durable queue. Who publishes at QoS 1 or 2 hears that the message has arrived
/// (PUBACK, PUBREC) once it is on the disk, or once the upstream broker has it, whichever comes first. Thread-safe.
/// </summary>
internal sealed class BridgeIntake : IMessageTap, IQueueObserver, IAsyncDisposable
{
    /// <summary>
    /// Half of it is the upstream broker's time to acknowledge a message before that is written to the disk: with a broker
    /// that answers in time, nothing is.
    /// </summary>
    private static readonly TimeSpan MaxLoss = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan LoopWindow = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, TaskCompletionSource> _unsafe = [];
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
        string folder, OfflineQueueOptions options, OwnTopics ownTopics, TimeProvider timeProvider, ILoggerFactory loggerFactory)
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
        intake._queue = await OfflineQueue.OpenAsync(queue, intake, timeProvider, loggerFactory.CreateLogger<OfflineQueue>()).ConfigureAwait(false);
        return intake;
    }

    /// <summary>What is taken from now on, and where it goes.</summary>
    public void SetRoute(TopicMap map, BridgePath path, bool isUplinkBroker) => _route = new Route(map, path, isUplinkBroker);

    /// <inheritdoc/>
    public Task? Take(ApplicationMessage message, in MessagePublisher publisher)
    {
        // What this process publishes is the gateway's own, or came in by this bridge.
        if (publisher.ClientId is not { } client || _route.Find(message, _ownTopics) is not { } found)
        {
            return null;
        }

        if (_route.Path.IsOn(message) || (publisher.IsBridge && _ring.IsEcho(message.Topic, message, client)))
        {
            if (Interlocked.Increment(ref _looped) == 1)
            {
                Log.BridgeLoop(_logger, message.Topic);
            }

            return null;
        }

        if (found.Entry.QoS == QualityOfService.AtMostOnce && !_isConnected)
        {
            Interlocked.Increment(ref _notQueued);
            return null;
        }

        _ring.Sent(message.Topic, message, client);
        return Enqueue(message, found.Topic, found.Entry);
    }

    /// <summary>Takes a retained message that was there before the bridge.</summary>
    /// <returns>Ends when it is safe; null if it is none of the bridge's.</returns>
    public Task? TakeRetained(ApplicationMessage message, BridgeTopic entry) =>
        _route.Find(message, _ownTopics) is { } found && found.Entry == entry && !_ownTopics.Contains(message.Topic) && !_route.Path.IsOn(message)
            ? Enqueue(message, found.Topic, entry)
            : null;

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

    /// <summary>Closes the queue; what is in it stays on the disk.</summary>
    public async ValueTask DisposeAsync()
    {
        await _queue!.DisposeAsync().ConfigureAwait(false);
        Secured(long.MaxValue);
    }

    private Task? Enqueue(ApplicationMessage message, string topic, BridgeTopic entry)
    {
        var qos = message.QoS < entry.QoS ? message.QoS : entry.QoS;
        var body = BridgeRecord.Encode(_route.Path.Extend(message) with { Topic = topic, QoS = qos });
        if (body.Length > _longestBody)
        {
            Interlocked.Increment(ref _tooLarge);
            Log.BridgeMessageTooLarge(_logger, message.Topic, body.Length, _longestBody);
            return null;
        }

        // Within the gate: the record may be safe, or gone, before its position is known here.
        lock (_gate)
        {
            var outcome = _queue!.Append(_timeProvider.GetUtcNow(), entry.LocalFilter, "", body, isUrgent: false, out var position);
            if (outcome != AppendOutcome.Taken || qos == QualityOfService.AtMostOnce || !_queue.IsOnDisk)
            {
                return null;
            }

            var safe = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _unsafe.Add(position, safe);
            return safe.Task;
        }
    }

    /// <summary>What goes out, where, and as whose.</summary>
    private sealed record Route(TopicMap Map, BridgePath Path, bool IsUplinkBroker)
    {
        public (string Topic, BridgeTopic Entry)? Find(ApplicationMessage message, OwnTopics ownTopics) =>
            Map.ToRemote(message.Topic) is { } found && !(IsUplinkBroker && ownTopics.Contains(found.Topic)) ? found : null;
    }
}
