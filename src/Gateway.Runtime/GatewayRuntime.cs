using System.Net;
using System.Text;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Commands;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Polling;
using Gateway.Runtime.Publishing;
using Gateway.Runtime.Reloading;
using Gateway.Storage.Points;
using Gateway.Storage.Queue;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime;

/// <summary>
/// The whole data path of one gateway: polls buses, maps readings, queues measurements, publishes to the local broker and the uplink,
/// and carries out commands from both. Start it once, stop it once; <see cref="GetStatus"/> and <see cref="IsHealthy"/> from any thread.
/// </summary>
public sealed class GatewayRuntime : IAsyncDisposable
{
    private readonly GatewayOptions _options;
    private readonly MqttBroker _broker;
    private readonly TimeProvider _timeProvider;
    private readonly ILoggerFactory _loggerFactory;
    private readonly ILogger _logger;
    private readonly IReadOnlyDictionary<string, IDriver> _drivers;
    private readonly DateTimeOffset _started;
    private readonly StatusTopics _statusTopics;
    private readonly LastValues _values = new();
    private readonly CommandDispatcher _commands;
    private readonly Func<string, bool> _isForBridge;
    private OfflineQueue? _queue;
    private QueueMeter? _meter;
    private string? _toldOfQueue;
    private PointMemory? _memory;
    private MeasurementPipeline? _pipeline;
    private RunningBuses? _buses;
    private Uplink? _uplink;
    private IAsyncDisposable? _localCommands;
    private bool _isStopped;

    /// <param name="options">The validated configuration.</param>
    /// <param name="drivers">The drivers that maps may name.</param>
    /// <param name="broker">The local broker; its owner starts and stops it.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="loggerFactory">Where every part logs.</param>
    /// <param name="isForBridge">Which topics upstream, though they look like commands, are somebody else's that the bridge brings in; null: none.</param>
    public GatewayRuntime(
        GatewayOptions options,
        IReadOnlyList<IDriver> drivers,
        MqttBroker broker,
        TimeProvider timeProvider,
        ILoggerFactory loggerFactory,
        Func<string, bool>? isForBridge = null)
    {
        _isForBridge = isForBridge ?? (static _ => false);
        _options = options;
        _drivers = drivers.ToDictionary(driver => driver.Schema.Name);
        _broker = broker;
        _timeProvider = timeProvider;
        _loggerFactory = loggerFactory;
        _logger = loggerFactory.CreateLogger<GatewayRuntime>();
        _started = timeProvider.GetUtcNow();
        _statusTopics = new StatusTopics(options.Site);
        var router = new CommandRouter(options.Site, (device, point) => _buses?.Find(device, point), timeProvider, _logger);
        _commands = new CommandDispatcher(router, _logger);
        CommandFilter = router.Filter;
        Points = new PointAccess(() => _buses?.Pollers ?? [], _values, timeProvider);
    }

    /// <summary>False once a poll loop hangs: the service's watchdog hangs on it.</summary>
    public bool IsHealthy => _buses?.Pollers.All(poller => poller.IsHealthy) ?? true;

    /// <summary>The points that are polled, for the command line.</summary>
    public PointAccess Points { get; }

    private string CommandFilter { get; }

    /// <summary>Opens the queue, begins to publish, and polls the buses. Trouble with disk, uplink or devices does not fail it.</summary>
    public async Task StartAsync(IReadOnlyList<BusDefinition> buses, CancellationToken cancellationToken)
    {
        var local = new LocalPublisher(_broker, CreateEncoder(QualityOfService.AtLeastOnce, retain: true));
        _queue = await OfflineQueue.OpenAsync(QueueOptions, local, _timeProvider, _loggerFactory.CreateLogger<OfflineQueue>()).ConfigureAwait(false);
        _memory = await PointMemory.OpenAsync(Path.Combine(_options.Data, "points.db"), _timeProvider, _loggerFactory.CreateLogger<PointMemory>()).ConfigureAwait(false);
        _pipeline = new MeasurementPipeline(_queue, _options.Publish.Per, _values, _memory, OnDeviceChanged, _loggerFactory.CreateLogger<MeasurementPipeline>());
        _buses = new RunningBuses(_drivers, _pipeline, new Orphans(this), _memory, () => _uplink?.Absence ?? TimeSpan.Zero, _timeProvider, _loggerFactory);
        await _broker.PublishAsync(_statusTopics.OfGateway(isOnline: true), cancellationToken).ConfigureAwait(false);
        _localCommands = await _broker.SubscribeAsync(CommandFilter, OnLocalCommandAsync, cancellationToken: cancellationToken).ConfigureAwait(false);
        _meter = new QueueMeter(_queue, _timeProvider, TellOfQueue);
        if (_options.Uplink is { } uplink)
        {
            var encoder = CreateEncoder(uplink.QoS, _options.Publish.Retain);
            _uplink = new Uplink(
                uplink, _queue.Readers[0], encoder, _statusTopics, _commands, CommandFilter, _isForBridge, _options.Queue.DrainRate, _timeProvider, _loggerFactory);
            _uplink.Start();
        }

        await ApplyAsync(buses, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the polled buses those of new maps. Buses whose definition is the same do not miss a poll. One call at a time.</summary>
    public async Task ApplyAsync(IReadOnlyList<BusDefinition> buses, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(buses);
        cancellationToken.ThrowIfCancellationRequested();
        var (started, stopped) = await _buses!.ApplyAsync(buses).ConfigureAwait(false);
        Log.MapsApplied(_logger, buses.Count, buses.Sum(bus => bus.Devices.Count), started, stopped);
    }

    /// <summary>
    /// Stops polling, sends what it can until the queue is empty or the token is cancelled, says goodbye to both brokers, and closes the queue.
    /// What is left waits on the disk.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_isStopped || _queue is null)
        {
            return;
        }

        _isStopped = true;
        _meter!.Dispose();
        await _localCommands!.DisposeAsync().ConfigureAwait(false);
        await _buses!.DisposeAsync().ConfigureAwait(false);
        await _commands.DisposeAsync().ConfigureAwait(false);
        await _memory!.DisposeAsync().ConfigureAwait(false);
        if (_uplink is not null)
        {
            await _uplink.StopAsync(() => _queue.GetStatistics().Depth == 0, cancellationToken).ConfigureAwait(false);
        }

        await _broker.PublishAsync(_statusTopics.OfGateway(isOnline: false), CancellationToken.None).ConfigureAwait(false);
        await _queue.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Carries another master's request to the bus of a device, as <see cref="BusPoller.RelayAsync"/>.</summary>
    public ValueTask<RelayOutcome> RelayAsync(string device, byte unit, ReadOnlyMemory<byte> request, Memory<byte> answer, CancellationToken cancellationToken)
    {
        var bus = _buses?.Pollers.FirstOrDefault(poller => poller.Definition.Devices.Any(each => each.Name == device));
        return bus?.RelayAsync(unit, request, answer, cancellationToken) ?? ValueTask.FromResult(new RelayOutcome(RelayStatus.BusFailed));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync().ConfigureAwait(false);
        await StopAsync(atOnce.Token).ConfigureAwait(false);
    }

    /// <summary>What the gateway says of itself now.</summary>
    public GatewayStatus GetStatus()
    {
        var counters = _broker.Counters;
        return new GatewayStatus
        {
            Site = _options.Site,
            Version = typeof(GatewayRuntime).Assembly.GetName().Version?.ToString(3) ?? "",
            Started = _started,
            Uplink = _uplink?.Status,
            Queue = _meter?.Status ?? new QueueStatus(0, 0, null, 0, null),
            Broker = new BrokerStatus(
                [.. _broker.Listeners.Select(DescribeListener)],
                counters.Connections)
            {
                Counters = counters,
                Limits = _options.Broker.Limits,
            },
            Buses = [.. (_buses?.Pollers ?? []).Select(DescribeBus)],
            Lateness = DescribeLateness(_buses?.Pollers ?? []),
            Suppressed = _pipeline?.Suppressed ?? 0,
            MemoryProblem = _memory?.Trouble,
        };
    }

    private QueueOptions QueueOptions => new()
    {
        Folder = Path.Combine(_options.Data, "queue"),
        Readers = _options.Uplink is null ? [] : [new QueueReaderOptions("uplink", _options.Queue.Drain)],
        MaxSizeBytes = _options.Queue.MaxSizeBytes,
        KeepFreeBytes = _options.Queue.KeepFreeBytes,
        MemoryLimitBytes = _options.Queue.MemoryBytes,
        MaxAge = _options.Queue.MaxAge,
        WhenFull = _options.Queue.Full,
        MaxLoss = _options.Queue.MaxLoss,
    };

    private MessageEncoder CreateEncoder(QualityOfService qos, bool retain) =>
        new(_options.Site, new TopicTemplate(_options.Publish.Topic, _options.Site), _options.Publish.Format, qos, retain);

    // A port of 0 lets the system choose: people want to know what it chose.
    private static string DescribeListener(MqttListener listener) => listener switch
    {
        { Problem: { } problem } => problem,
        { Uri.Port: 0, EndPoint: IPEndPoint endPoint } => new UriBuilder(listener.Uri) { Port = endPoint.Port }.ToString().TrimEnd('/'),
        _ => listener.Uri.ToString().TrimEnd('/'),
    };

    private BusStatus DescribeBus(BusPoller poller)
    {
        var statistics = poller.Statistics;
        return new BusStatus(
            poller.Definition.Name,
            statistics.Utilisation,
            statistics.Polls,
            statistics.Failures,
            statistics.Missed,
            [.. poller.Definition.Devices.Select(device => DescribeDevice(device, poller.Errors))])
        {
            Lateness = Describe(statistics.Lateness),
            Errors = new OrderedDictionary<string, long>(poller.Errors.Total()),
        };
    }

    private static LatenessStatus DescribeLateness(IReadOnlyList<BusPoller> pollers)
    {
        var all = new DurationHistogram();
        foreach (var poller in pollers)
        {
            poller.AddLatenessTo(all);
        }

        return Describe(all.ToLateness());
    }

    private static LatenessStatus Describe(Lateness lateness) =>
        new(lateness.Median.TotalMilliseconds, lateness.P99.TotalMilliseconds, lateness.Maximum.TotalMilliseconds);

    private DeviceStatus DescribeDevice(DeviceDefinition device, ErrorCounts errors)
    {
        var state = _pipeline!.StateOf(device.Name);
        return new DeviceStatus(device.Name, state?.IsOnline, state?.Since, state?.Reason, [.. device.AllPoints.Select(DescribePoint)])
        {
            Suppressed = _pipeline.SuppressedOf(device.Name),
            Resets = _pipeline.ResetsOf(device.Name),
            Errors = new OrderedDictionary<string, long>(errors.Of(device.Name)),
        };
    }

    private PointStatus DescribePoint(PointDefinition point)
    {
        var last = _values.Find(point.DeviceName, point.Name);
        var value = last is { Value.Kind: not Abstractions.PointValueKind.None } ? last.Value.Value.ToString() : null;
        var quality = last is null ? null : PayloadWriter.NameOf(last.Value.Quality);
        return new PointStatus(point.Name, value, point.Unit, quality, last?.Reason, last?.Time, point.Writable);
    }

    private void OnDeviceChanged(DeviceDefinition device, DeviceState state)
    {
        var messages = _statusTopics.OfDevice(device.Name, state);
        foreach (var message in messages)
        {
            _ = _broker.PublishAsync(message);
        }

        _uplink?.SetState(device.Name, messages);
    }

    // At the beginning, so that it is there, and when it is another one: losses and trouble with the disk.
    private void TellOfQueue(QueueStatus queue)
    {
        var message = new QueueTopic(_options.Site).Of(queue);
        var text = Encoding.UTF8.GetString(message.Payload.Span);
        if (Interlocked.Exchange(ref _toldOfQueue, text) != text)
        {
            _ = _broker.PublishAsync(message);
            _uplink?.SetState("$queue", [message]);
        }
    }

    private ValueTask OnLocalCommandAsync(ApplicationMessage command, CancellationToken cancellationToken)
    {
        _commands.Dispatch(command, async (answer, token) => await _broker.PublishAsync(answer, token).ConfigureAwait(false));
        return ValueTask.CompletedTask;
    }

    /// <summary>Clears the retained messages of what the maps no longer have.</summary>
    private sealed class Orphans(GatewayRuntime gateway) : IGoneObserver
    {
        private readonly TopicTemplate _topic = new(gateway._options.Publish.Topic, gateway._options.Site);

        public void PointGone(PointDefinition point)
        {
            if (gateway._options.Publish.Per == PublishUnit.Point)
            {
                Clear(_topic.Render(point.DeviceName, point.Name));
            }
        }

        public void DeviceGone(DeviceDefinition device)
        {
            var messages = gateway._statusTopics.Forget(device.Name);
            foreach (var message in messages)
            {
                _ = gateway._broker.PublishAsync(message);
            }

            gateway._uplink?.SetState(device.Name, messages);
            if (gateway._options.Publish.Per == PublishUnit.Device)
            {
                Clear(_topic.Render(device.Name, ""));
            }
        }

        private void Clear(string topic) => _ = gateway._broker.PublishAsync(new ApplicationMessage { Topic = topic, Retain = true });
    }
}
