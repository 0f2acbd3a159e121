using System.Diagnostics.Metrics;
using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Embedding;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Timing;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Bridging;

/// <summary>
/// Passes messages between the local broker and the upstream one, through a durable queue on the way out. Opened before the local
/// broker listens, so that no message passes by; stopped before it stops, and disposed after that. One call at a time;
/// <see cref="GetStatus"/> and <see cref="TakesIn"/> from any thread.
/// </summary>
public sealed class Bridge : IAsyncDisposable
{
    private readonly GatewayOptions _gateway;
    private readonly MqttBroker _broker;
    private readonly TimeProvider _timeProvider;
    private readonly ILoggerFactory _loggerFactory;
    private readonly ILogger _logger;
    private readonly BridgeIntake _intake;
    private readonly OwnTopics _ownTopics;
    private readonly KnownTopics _known;
    private readonly BrokerTap _tap;
    private readonly BridgeInstruments _instruments;
    private volatile BridgeOptions _options;
    private volatile TopicMap _map = new([]);
    private volatile BridgeLink? _link;

    private Bridge(GatewayOptions gateway, MqttBroker broker, BridgeIntake intake, OwnTopics ownTopics, KnownTopics known, TimeProvider timeProvider, ILoggerFactory loggerFactory, IMeterFactory? meterFactory)
    {
        _gateway = gateway;
        _options = gateway.Bridge!;
        _broker = broker;
        _intake = intake;
        _ownTopics = ownTopics;
        _known = known;
        _timeProvider = timeProvider;
        _loggerFactory = loggerFactory;
        _logger = loggerFactory.CreateLogger<Bridge>();
        _tap = broker.Attach(intake);
        _instruments = new BridgeInstruments(meterFactory, GetStatus);
    }

    /// <summary>Opens the queue and begins to fill it. Trouble with the disk does not fail it.</summary>
    /// <param name="options">The configuration, with its <see cref="GatewayOptions.Bridge"/>.</param>
    /// <param name="broker">The local broker, which need not have been started.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="loggerFactory">Where every part logs.</param>
    /// <param name="clock">By which messages grow old; null: <paramref name="timeProvider"/>.</param>
    /// <param name="meterFactory">Makes the meter; null: it belongs to the whole process.</param>
    public static async Task<Bridge> OpenAsync(
        GatewayOptions options, MqttBroker broker, TimeProvider timeProvider, ILoggerFactory loggerFactory, AcquisitionClock? clock = null, IMeterFactory? meterFactory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(broker);
        var folder = Path.Combine(options.Data, "bridge");
        var ownTopics = OwnTopics.Of(options);
        var intake = await BridgeIntake.OpenAsync(folder, options.Queue, ownTopics, clock, timeProvider, loggerFactory).ConfigureAwait(false);
        var bridge = new Bridge(options, broker, intake, ownTopics, new KnownTopics(Path.Combine(folder, "topics")), timeProvider, loggerFactory, meterFactory);
        bridge.SetRoute(options.Bridge!);
        return bridge;
    }

    /// <summary>The gateway's own devices: their topics are the uplink's business.</summary>
    public void SetDevices(IEnumerable<BusDefinition> buses) => _ownTopics.Set(buses);

    /// <summary>Begins to send and to take in, once the local broker has loaded its retained messages.</summary>
    public async Task StartAsync()
    {
        var former = _known.FindFormer(_options);
        await TakeRetainedAsync().ConfigureAwait(false);
        SaveKnown();
        var link = new BridgeLink(
            _options,
            _map,
            new BridgePath(_options.Connection.ClientId),
            _intake,
            _ownTopics,
            _broker,
            new BridgeStateTopic(_gateway.Site),
            _gateway.Queue.MaxAge,
            _timeProvider,
            _loggerFactory);
        link.Start(former);
        _link = link;
    }

    /// <summary>Goes on with another section of the configuration. What is published locally meanwhile is not lost, what waits is sent.</summary>
    /// <param name="options">The section.</param>
    /// <param name="cancellationToken">Gives up sending what waits before the connection is changed.</param>
    public async Task ApplyAsync(BridgeOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        await StopAsync(cancellationToken).ConfigureAwait(false);
        SetRoute(options);
        await StartAsync().ConfigureAwait(false);
    }

    /// <summary>Sends what it can until the queue is empty or the token is cancelled, and disconnects. What is published from then on waits in the queue.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_link is { } link)
        {
            _link = null;
            await link.StopAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a topic of the uplink's broker is one that this bridge brings in.</summary>
    public bool TakesIn(string topic) => _options.IsUplinkBroker && _map.ToLocal(topic) is not null && !_ownTopics.Contains(topic);

    /// <summary>Has the messages that the upstream broker did not take sent again.</summary>
    public void RetryParked() => _intake.RetryParked();

    /// <summary>Throws away the messages that the upstream broker did not take.</summary>
    public void PurgeParked() => _intake.PurgeParked();

    /// <summary>What the bridge says of itself.</summary>
    public BridgeStatus GetStatus()
    {
        var link = _link;
        var queue = _intake.Queue;
        return new BridgeStatus(
            link?.Status ?? new UplinkStatus(_options.Connection.Urls[0].GetComponents(UriComponents.SchemeAndServer, UriFormat.Unescaped), false, _timeProvider.GetUtcNow(), "stopped", 0, 0),
            link?.Received ?? 0,
            new QueueStatus(queue.Depth, queue.DiskBytes, queue.OldestTime, queue.Dropped + (link?.Expired ?? 0), queue.Trouble)
            {
                Parked = queue.Parked,
                DroppedSinceStart = queue.Dropped - queue.DroppedBefore + (link?.Expired ?? 0),
            },
            _intake.NotQueued,
            _intake.Looped + (link?.Looped ?? 0));
    }

    /// <summary>Takes nothing more, and closes the queue.</summary>
    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync().ConfigureAwait(false);
        await StopAsync(atOnce.Token).ConfigureAwait(false);
        _instruments.Dispose();
        _tap.Dispose();
        await _intake.DisposeAsync().ConfigureAwait(false);
    }

    private void SetRoute(BridgeOptions options)
    {
        _options = options;
        _map = new TopicMap(options.Topics);
        _intake.SetRoute(_map, new BridgePath(options.Connection.ClientId), options.IsUplinkBroker);
        _tap.SetFilters([.. _map.Out.Select(topic => topic.LocalFilter)]);
    }

    // What was retained before the bridge had an entry goes up once; what came since then has gone through the queue.
    private async Task TakeRetainedAsync()
    {
        var taken = _known.FindNew(_options)
            .SelectMany(topic => _broker.FindRetained(topic.LocalFilter).Select(message => _intake.TakeRetained(message, topic)))
            .OfType<Task>();
        await Task.WhenAll(taken).ConfigureAwait(false);
    }

    private void SaveKnown()
    {
        try
        {
            _known.Save(_options);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.BridgeStateNotKept(_logger, _known.Path, exception.Message.TrimEnd('.'));
        }
    }
}
