using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Bridging;
using Gateway.Runtime.Commands;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.HomeAssistant;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Polling;
using Gateway.Runtime.Publishing;
using Gateway.Runtime.Reloading;
using Gateway.Runtime.ThingsBoard;
using Gateway.Storage.Queue;
using Gateway.Storage.Timing;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime;

/// <summary>
/// The whole data path of one gateway: polls buses, maps readings, queues measurements, publishes to the local broker and the uplink,
/// and carries out commands from both. Start it once, stop it once; <see cref="GetStatus"/> from any thread.
/// </summary>
public sealed class GatewayRuntime : IAsyncDisposable
{
    private readonly GatewayOptions _options;
    private readonly MqttBroker _broker;
    private readonly AcquisitionClock _clock;
    private readonly TimeProvider _timeProvider;
    private readonly ILoggerFactory _loggerFactory;
    private readonly ILogger _logger;
    private readonly Acquisition _acquisition;
    private readonly bool _ownsAcquisition;
    private readonly DateTimeOffset _started;
    private readonly StatusTopics _statusTopics;
    private readonly CommandDispatcher _commands;
    private readonly Func<string, bool> _isForBridge;
    private readonly CommandRouter _router;
    private readonly OwnTopics _ownTopics;
    private readonly LocalPublisher _local;
    private readonly IMeterFactory? _meterFactory;
    private readonly Func<string?> _brokerProblem;
    private OfflineQueue? _queue;
    private QueueMeter? _meter;
    private StorageState? _storage;
    private bool? _toldOfClock;
    private readonly StateMemory _states;
    private readonly HomeAssistantDiscovery _homeAssistant;
    private readonly QueueNews _queueNews;
    private IReadOnlyList<Uplink> _uplinks = [];
    private readonly bool _ownsLocalCommands;
    private LocalCommands? _localCommands;
    private IReadOnlyList<IDisposable> _instruments = [];
    private bool _isStopped;

    /// <param name="options">The validated configuration.</param>
    /// <param name="drivers">The drivers that maps may name.</param>
    /// <param name="broker">The local broker; its owner starts and stops it.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="loggerFactory">Where every part logs.</param>
    /// <param name="isForBridge">Which topics upstream, though they look like commands, are somebody else's that the bridge brings in; null: none.</param>
    /// <param name="clock">What times of acquisition are worth; null: they are believed.</param>
    /// <param name="meterFactory">Makes the meters; null: they belong to the whole process.</param>
    /// <param name="observer">Sees each measurement; null: nobody does.</param>
    /// <param name="brokerProblem">What is wrong with the file of the local broker's sessions and retained messages; null, or an answer of null: nothing.</param>
    /// <param name="acquisition">The buses, with the same drivers, clock, meters and observer; their owner closes them. Null: they end with the data path.</param>
    /// <param name="localCommands">The commands of the local broker's clients; null: those that come from the start on.</param>
    public GatewayRuntime(
        GatewayOptions options,
        IReadOnlyList<IDriver> drivers,
        MqttBroker broker,
        TimeProvider timeProvider,
        ILoggerFactory loggerFactory,
        Func<string, bool>? isForBridge = null,
        AcquisitionClock? clock = null,
        IMeterFactory? meterFactory = null,
        IMeasurementObserver? observer = null,
        Func<string?>? brokerProblem = null,
        Acquisition? acquisition = null,
        LocalCommands? localCommands = null)
    {
        (_localCommands, _ownsLocalCommands) = (localCommands, localCommands is null);
        _meterFactory = meterFactory;
        _brokerProblem = brokerProblem ?? (static () => null);
        _isForBridge = isForBridge ?? (static _ => false);
        _options = options;
        _broker = broker;
        _timeProvider = timeProvider;
        _loggerFactory = loggerFactory;
        _clock = clock ?? new AcquisitionClock(new BelievedClock(timeProvider), loggerFactory.CreateLogger<AcquisitionClock>());
        _acquisition = acquisition ?? new Acquisition(drivers, timeProvider, loggerFactory, _clock, meterFactory, observer);
        _ownsAcquisition = acquisition is null;
        _logger = _acquisition.CreateLogger<GatewayRuntime>();
        _started = timeProvider.GetUtcNow();
        _statusTopics = new StatusTopics(options.Site);
        _ownTopics = OwnTopics.Of(options);
        _local = new LocalPublisher(broker, new MessageEncoder(options.Site, options.Publish.AtLocalBroker(), QualityOfService.AtLeastOnce), _ownTopics);
        _router = new CommandRouter(options.Site, _acquisition.Find, IsOwnTopic, timeProvider, _logger);
        _commands = new CommandDispatcher(_router, _logger);
        _queueNews = new QueueNews(new QueueTopic(options.Site), TellEverybody);
        _homeAssistant = new HomeAssistantDiscovery(options, Version, broker, _logger);
        _states = new StateMemory(Path.Combine(options.Data, "states.json"), options.Site, _logger);
        Points = new PointAccess(() => _acquisition.Pollers, _acquisition.Values, timeProvider);
    }

    /// <summary>How many readings wait.</summary>
    public long QueueDepth => _meter?.Status.Depth ?? 0;

    /// <summary>The points that are polled, for the command line.</summary>
    public PointAccess Points { get; }

    private static string Version => typeof(GatewayRuntime).Assembly.GetName().Version?.ToString(3) ?? "";

    private string CommandFilter => _router.Filter;

    // What Home Assistant is told of devices is no answer's place either.
    private bool IsOwnTopic(string topic) => _ownTopics.Contains(topic)
        || _options.Uplinks.Select(uplink => uplink.Publish).Append(_options.Publish)
            .Any(publish => publish?.HomeAssistantPrefix is { } prefix && topic.StartsWith(prefix + "/", StringComparison.Ordinal));

    /// <summary>Opens the queue, begins to publish, and polls the buses. Trouble with disk, uplink or devices does not fail it.</summary>
    public async Task StartAsync(IReadOnlyList<BusDefinition> buses, CancellationToken cancellationToken)
    {
        _local.Set(buses);
        _queue = await OfflineQueue.OpenAsync(QueueOptions, _local, _timeProvider, _loggerFactory.CreateLogger<OfflineQueue>(), _clock).ConfigureAwait(false);
        _instruments = [new PublishingInstruments(_meterFactory, _queue, () => _uplinks, _timeProvider), new CommandInstruments(_meterFactory, _router)];
        await _broker.PublishAsync(_statusTopics.OfGateway(isOnline: true), cancellationToken).ConfigureAwait(false);
        _localCommands ??= await LocalCommands.OpenAsync(_broker, _options.Site, _timeProvider, _logger, cancellationToken).ConfigureAwait(false);
        _localCommands.Attach(OnLocalCommand);
        _meter = new QueueMeter(_queue, _timeProvider, TellOfQueue);
        _uplinks = [.. _options.Uplinks.Zip(_queue.Readers, CreateUplink)];
        var orphans = new Orphans(_options, _broker, _statusTopics, SetUplinkState, SetUplinkDevice);
        await _acquisition.AttachAsync(_options.Data, new MeasurementQueue(_queue), _options.Publish.Per, OnDeviceChanged, orphans, UplinkAbsence).ConfigureAwait(false);
        await _homeAssistant.StartAsync(_uplinks, cancellationToken).ConfigureAwait(false);
        foreach (var uplink in _uplinks)
        {
            uplink.Start();
        }

        TellOfClock();
        _storage = new StorageState(_options.Site, () => _acquisition.MemoryProblem, _brokerProblem, _timeProvider, message => TellEverybody("$storage", message));
        await ApplyAsync(buses, cancellationToken).ConfigureAwait(false);
        ClearFormerTopics(buses);
    }

    /// <summary>Makes the polled buses those of new maps. Devices whose definition is the same do not miss a poll. One call at a time.</summary>
    public async Task ApplyAsync(IReadOnlyList<BusDefinition> buses, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(buses);
        cancellationToken.ThrowIfCancellationRequested();
        _local.Set(buses);
        _commands.Hold();
        AppliedChanges changes;
        try
        {
            changes = await _acquisition.ApplyAsync(buses).ConfigureAwait(false);
        }
        finally
        {
            _commands.Release();
        }

        _queue!.SetDevices(NamesOf(buses));
        _states.Set(NamesOf(buses), []);
        var (started, stopped, devices) = changes;
        _homeAssistant.Announce(buses);
        Log.MapsApplied(_logger, buses.Count, buses.Sum(bus => bus.Devices.Count), started, stopped, devices.Count == 0 ? "none" : string.Join(", ", devices));
    }

    /// <summary>
    /// Stops polling, unless the buses are another's, sends what it can until the queue is empty or the token is cancelled, says goodbye to both brokers, and closes the queue.
    /// What is left waits on the disk.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_isStopped || _queue is null)
        {
            return;
        }

        _isStopped = true;
        try
        {
            foreach (var instruments in _instruments)
            {
                instruments.Dispose();
            }

            _meter!.Dispose();
            _storage?.Dispose();
            _localCommands!.Detach();
            if (_ownsLocalCommands)
            {
                await _localCommands.DisposeAsync().ConfigureAwait(false);
            }

            await _homeAssistant.DisposeAsync().ConfigureAwait(false);
            if (_ownsAcquisition)
            {
                await _acquisition.DisposeAsync().ConfigureAwait(false);
            }

            _acquisition.Detach();
            await _commands.DisposeAsync().ConfigureAwait(false);
            await Task.WhenAll(_uplinks.Select(uplink => uplink.StopAsync(() => _queue.GetStatistics().Depth == 0, cancellationToken))).ConfigureAwait(false);
            await _broker.PublishAsync(_statusTopics.OfGateway(isOnline: false), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            // Whatever went wrong: with the queue still open, the next one on this folder would have no disk.
            await _queue.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Carries another master's request to the bus of a device, as <see cref="BusPoller.RelayAsync"/>.</summary>
    public ValueTask<RelayOutcome> RelayAsync(string device, byte unit, ReadOnlyMemory<byte> request, Memory<byte> answer, CancellationToken cancellationToken)
    {
        var bus = _acquisition.Pollers.FirstOrDefault(poller => poller.Definition.Devices.Any(each => each.Name == device));
        return bus?.RelayAsync(unit, request, answer, cancellationToken) ?? ValueTask.FromResult(new RelayOutcome(RelayStatus.BusFailed));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync().ConfigureAwait(false);
        await StopAsync(atOnce.Token).ConfigureAwait(false);
    }

    /// <summary>Has the messages that uplinks did not take sent again.</summary>
    public void RetryParked() => _queue?.RetryParked();

    /// <summary>Throws away the messages that uplinks did not take.</summary>
    public void PurgeParked() => _queue?.PurgeParked();

    /// <summary>What the gateway says of itself now.</summary>
    public GatewayStatus GetStatus()
    {
        var counters = _broker.Counters;
        return new GatewayStatus
        {
            Site = _options.Site,
            Version = Version,
            Started = Correct(_started),
            IsClockSynchronised = _clock.IsSynchronised,
            Uplinks = [.. _uplinks.Select(uplink => uplink.Status).Select(status => status with { Since = Correct(status.Since) })],
            Queue = _meter?.Status ?? new QueueStatus(0, 0, null, 0, null),
            Broker = new BrokerStatus(
                [.. _broker.Listeners.Select(DescribeListener)],
                counters.Connections)
            {
                Problem = _brokerProblem(),
                Counters = counters,
                Limits = _options.Broker.Limits,
            },
            Buses = BusReport.Describe(_acquisition, Correct),
            Lateness = BusReport.DescribeLateness(_acquisition.Pollers),
            Suppressed = _acquisition.Pipeline?.Suppressed ?? 0,
            MemoryProblem = _acquisition.MemoryProblem,
        };
    }

    private QueueOptions QueueOptions => new()
    {
        Folder = Path.Combine(_options.Data, "queue"),
        Readers = [.. _options.Uplinks.Select(uplink => new QueueReaderOptions(uplink.Name, _options.Queue.Drain))],
        MaxSizeBytes = _options.Queue.MaxSizeBytes,
        KeepFreeBytes = _options.Queue.KeepFreeBytes,
        MemoryLimitBytes = _options.Queue.MemoryBytes,
        MaxAge = _options.Queue.MaxAge,
        WhenFull = _options.Queue.Full,
        MaxLoss = _options.Queue.MaxLoss,
    };

    private Uplink CreateUplink(UplinkOptions uplink, QueueReader reader)
    {
        var isBridged = _options.Bridge?.Connection.Urls.Intersect(uplink.Urls).Any() ?? false;
        var publish = uplink.Publish ?? _options.Publish;
        var isThingsBoard = publish.Format == PayloadStyle.ThingsBoard;
        return new Uplink(
            uplink,
            reader,
            new MessageEncoder(_options.Site, publish, uplink.QoS),
            isThingsBoard ? null : new WillMessage { Message = _statusTopics.OfGateway(isOnline: false) },
            client => isThingsBoard
                ? new ThingsBoardConversation(
                    client,
                    new ThingsBoardTopics(publish.Topic == ThingsBoardTelemetry.GatewayTopic),
                    _options.Site,
                    Version,
                    _commands,
                    new RunningPoints(FindPoint, _acquisition.Values),
                    new AppliedAttributes(() => _acquisition.Memory, uplink.Name),
                    _timeProvider,
                    _logger)
                : new GatewayConversation(
                    client, _statusTopics, _commands, CommandFilter, isBridged ? _isForBridge : static _ => false, publish.HomeAssistantPrefix, uplink.QoS, _timeProvider, _logger),
            _options.Queue.DrainRate,
            _clock,
            TellOfUplink,
            _timeProvider,
            _acquisition.CreateLogger<Uplink>(),
            _loggerFactory.CreateLogger<MqttClient>());
    }

    private PointDefinition? FindPoint(string device, string point) => _acquisition.Find(device, point)?.Point;

    private TimeSpan UplinkAbsence() => _uplinks.Count == 0 ? TimeSpan.Zero : _uplinks.Min(uplink => uplink.Absence);

    private void SetUplinkState(string device, IReadOnlyList<ApplicationMessage> messages)
    {
        foreach (var uplink in _uplinks)
        {
            uplink.SetState(device, messages);
        }
    }

    private void SetUplinkDevice(DeviceDefinition device, DeviceState? state)
    {
        foreach (var uplink in _uplinks)
        {
            uplink.SetDevice(device, state);
        }
    }

    // A port of 0 lets the system choose: people want to know what it chose.
    private static string DescribeListener(MqttListener listener) => listener switch
    {
        { Problem: { } problem } => problem,
        { Uri.Port: 0, EndPoint: IPEndPoint endPoint } => new UriBuilder(listener.Uri) { Port = endPoint.Port }.ToString().TrimEnd('/'),
        _ => listener.Uri.ToString().TrimEnd('/'),
    };

    private void OnDeviceChanged(DeviceDefinition device, DeviceState state)
    {
        var since = _clock.Stamp(state.Since);
        var messages = _statusTopics.OfDevice(device.Name, state with { Since = since.Time }, !since.IsSynchronised);
        foreach (var message in messages)
        {
            _ = _broker.PublishAsync(message);
        }

        SetUplinkState(device.Name, messages);
        SetUplinkDevice(device, state with { Since = since.Time });
    }

    private static IReadOnlyList<string> NamesOf(IReadOnlyList<BusDefinition> buses) => [.. buses.SelectMany(bus => bus.Devices).Select(device => device.Name)];

    // What was told before this start, and is not so any more. What goes from now on, Orphans sees.
    private void ClearFormerTopics(IReadOnlyList<BusDefinition> buses)
    {
        var former = new FormerTopics(_options, _broker, _homeAssistant.IsOn);
        var topics = former.Clear(buses);
        foreach (var device in _states.Set(NamesOf(buses), topics.Select(former.DeviceOf).OfType<string>().Distinct()))
        {
            SetUplinkState(device, _statusTopics.Forget(device));
        }

        if (topics.Contains(new QueueTopic(_options.Site).DepthTopic))
        {
            SetUplinkState("$depth", [new ApplicationMessage { Topic = new QueueTopic(_options.Site).DepthTopic, QoS = QualityOfService.AtLeastOnce, Retain = true }]);
        }
    }

    // A time that was taken before the clock was synchronised.
    private DateTimeOffset Correct(DateTimeOffset time) => _clock.Stamp(time).Time;

    private void TellOfUplink(UplinkStatus uplink)
    {
        var since = _clock.Stamp(uplink.Since);
        _ = _broker.PublishAsync(new UplinkTopic(_options.Site).Of(uplink with { Since = since.Time }, !since.IsSynchronised));
    }

    // Once it is synchronised it stays so, and devices and uplinks have been what they are since another time.
    private void TellOfClock()
    {
        var isSynchronised = _clock.IsSynchronised;
        if (_toldOfClock == isSynchronised)
        {
            return;
        }

        var message = _statusTopics.OfClock(isSynchronised);
        TellEverybody("$clock", message);
        if (_toldOfClock is not null)
        {
            foreach (var uplink in _uplinks)
            {
                TellOfUplink(uplink.Status);
            }

            foreach (var device in _acquisition.Pollers.SelectMany(poller => poller.Definition.Devices))
            {
                if (_acquisition.Pipeline?.StateOf(device.Name) is { } state)
                {
                    OnDeviceChanged(device, state);
                }
            }
        }

        _toldOfClock = isSynchronised;
    }

    private void TellEverybody(string subject, ApplicationMessage message)
    {
        _ = _broker.PublishAsync(message);
        SetUplinkState(subject, [message]);
    }

    private void TellOfQueue(QueueStatus queue)
    {
        TellOfClock();
        foreach (var uplink in _uplinks)
        {
            uplink.TellOfHindrance();
        }

        _queueNews.Tell(queue, _homeAssistant.IsOn);
    }

    private void OnLocalCommand(ApplicationMessage command) =>
        _commands.Dispatch(command, async (answer, token) => await _broker.PublishAsync(answer, token).ConfigureAwait(false));
}
