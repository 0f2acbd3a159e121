using System.Diagnostics.Metrics;
using System.Net.Sockets;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Runtime;
using Gateway.Runtime.Bridging;
using Gateway.Runtime.Commands;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Publishing;
using Gateway.Storage.Broker;
using Gateway.Storage.Timing;

namespace Gateway.Hosting;

/// <summary>
/// One configuration in operation: the local broker and the data path. Applying another restarts what differs and nothing else.
/// One call at a time; the properties from any thread.
/// </summary>
/// <param name="drivers">The drivers that maps may name.</param>
/// <param name="listenerFailure">What happens when the broker cannot listen.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="loggerFactory">Where every part logs.</param>
/// <param name="meterFactory">Makes the meters of every part; null: they belong to the whole process.</param>
/// <param name="observer">Sees each measurement; null: nobody does.</param>
internal sealed class RunningGateway(
    IReadOnlyList<IDriver> drivers,
    ListenerFailurePolicy listenerFailure,
    TimeProvider timeProvider,
    ILoggerFactory loggerFactory,
    IMeterFactory? meterFactory = null,
    IMeasurementObserver? observer = null)
    : IAsyncDisposable
{
    // A restart of the data path need not drain the queue, which is on the disk; what is polled meanwhile is held in memory.
    private static readonly TimeSpan RestartDrainTime = TimeSpan.FromSeconds(1);

    private readonly MachineClock _machine = new(timeProvider);
    private AcquisitionClock? _clock;
    private GatewayOptions? _options;
    private MqttBroker? _broker;
    private BrokerStore? _store;
    private LocalCommands? _localCommands;
    private BrokerAccess? _access;
    private BridgeOptions? _bridgeOptions;
    private volatile Bridge? _bridge;
    private volatile GatewayRuntime? _runtime;
    private volatile Acquisition? _acquisition;
    private ServingListeners? _serving;

    /// <summary>The data path; null while there is none.</summary>
    public GatewayRuntime? Runtime => _runtime;

    /// <summary>The buses whose poll loops hang, also while there is no data path, as one takes the place of another.</summary>
    public IReadOnlyList<string> StalledBuses => _acquisition?.StalledBuses ?? [];

    /// <summary>What runs; null while nothing does.</summary>
    public GatewayOptions? Options => _options;

    /// <summary>The buses that run.</summary>
    public IReadOnlyList<BusDefinition> Buses { get; private set; } = [];

    /// <summary>The local broker; null while there is none.</summary>
    public MqttBroker? Broker => _broker;

    /// <summary>The bridge; null while there is none.</summary>
    public Bridge? Bridge => _bridge;

    /// <summary>Sockets on which systemd listens for the broker.</summary>
    public IReadOnlyList<Socket> BrokerSockets { get; init; } = [];

    /// <summary>Puts a configuration into operation.</summary>
    /// <exception cref="MqttBrokerException">The users file cannot be used, or a listener cannot be opened and the policy is to throw.</exception>
    public async Task ApplyAsync(GatewayOptions options, IReadOnlyList<BusDefinition> buses, CancellationToken cancellationToken)
    {
        _machine.IsTrusted = options.IsClockTrusted;
        _clock ??= new AcquisitionClock(_machine, loggerFactory.CreateLogger<AcquisitionClock>());

        // The queue of a bridge is never closed while clients publish: what they hear to have arrived would not be in it.
        var isSameBroker = _options is not null
            && OptionsComparison.IsSameBroker(_options.Broker, options.Broker)
            && OptionsComparison.IsSameBridgeQueue(_options, options);
        if (isSameBroker && OptionsComparison.IsSameDataPath(_options!, options))
        {
            _access!.Reload(options.Broker, _broker!);
            await ApplyBridgeAsync(options, buses, cancellationToken);
            await _runtime!.ApplyAsync(buses, cancellationToken);
        }
        else
        {
            // A users file that cannot be used shows before anything is stopped.
            var access = isSameBroker ? null : new BrokerAccess(options.Broker, options.Data);
            if (isSameBroker)
            {
                _access!.Reload(options.Broker, _broker!);
            }

            _options = null; // until what follows has succeeded, nothing is known to be the same
            await MakeWayAsync(cancellationToken);
            if (!isSameBroker)
            {
                await StopBrokerAsync(cancellationToken);
                await StartBrokerAsync(options, buses, access!, cancellationToken);
            }
            else
            {
                await OpenLocalCommandsAsync(options, cancellationToken);
                await ApplyBridgeAsync(options, buses, cancellationToken);
            }

            await StartRuntimeAsync(options, buses, cancellationToken);
        }

        _serving ??= new ServingListeners(() => _runtime, timeProvider, loggerFactory);
        await _serving.ApplyAsync(options.Serve, buses);
        Buses = buses;
        _options = options;
    }

    /// <summary>Takes up the users file of the broker that runs, though the configuration may be broken.</summary>
    /// <exception cref="MqttBrokerException">It cannot be read or understood: the users stay as they were.</exception>
    public void ReloadUsers()
    {
        if (_options is { } options)
        {
            _access!.Reload(options.Broker, _broker!);
        }
    }

    /// <summary>Stops everything.</summary>
    /// <param name="cancellationToken">Gives up sending what waits; it is on the disk.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_serving is { } serving)
        {
            await serving.DisposeAsync();
            _serving = null;
        }

        await StopPollingAsync();

        // A line that hangs takes its seconds from both at the same time.
        await Task.WhenAll(StopRuntimeAsync(cancellationToken), _bridge?.StopAsync(cancellationToken) ?? Task.CompletedTask);
        await StopBrokerAsync(cancellationToken);
        _options = null;
    }

    /// <summary>Stops everything at once, if it was not stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await StopAsync(atOnce.Token);
    }

    private async Task StartBrokerAsync(
        GatewayOptions options, IReadOnlyList<BusDefinition> buses, BrokerAccess access, CancellationToken cancellationToken)
    {
        _access = access;
        var path = DataFolder.BrokerPath(options.Data);
        var utc = new SavedUtc(timeProvider, SavedUtc.WriteTime(path));
        _store = new BrokerStore(path, timeProvider, loggerFactory.CreateLogger<BrokerStore>());
        var brokerOptions = _access.Apply(options.Broker) with { WhenListenerFails = listenerFailure, InheritedSockets = BrokerSockets, Store = new LastValuesStore(_store, options.Site, options.Publish.AtLocalBroker()) };
        _broker = new MqttBroker(brokerOptions, utc, loggerFactory, meterFactory);
        await OpenBridgeAsync(options, buses);
        await OpenLocalCommandsAsync(options, cancellationToken);
        await _broker.StartAsync(cancellationToken);
        await (_bridge?.StartAsync() ?? Task.CompletedTask);
    }

    private async Task OpenLocalCommandsAsync(GatewayOptions options, CancellationToken cancellationToken)
    {
        if (_localCommands?.Site != options.Site)
        {
            await CloseLocalCommandsAsync();
            _localCommands = await LocalCommands.OpenAsync(_broker!, options.Site, timeProvider, loggerFactory.CreateLogger<LocalCommands>(), cancellationToken);
        }
    }

    private async Task CloseLocalCommandsAsync()
    {
        await (_localCommands?.DisposeAsync() ?? ValueTask.CompletedTask);
        _localCommands = null;
    }

    private async Task OpenBridgeAsync(GatewayOptions options, IReadOnlyList<BusDefinition> buses)
    {
        if (options.Bridge is not null)
        {
            _bridge = await Bridge.OpenAsync(options, _broker!, timeProvider, loggerFactory, _clock, meterFactory);
            _bridge.SetDevices(buses);
        }

        _bridgeOptions = options.Bridge;
    }

    // The broker goes on.
    private async Task ApplyBridgeAsync(GatewayOptions options, IReadOnlyList<BusDefinition> buses, CancellationToken cancellationToken)
    {
        _bridge?.SetDevices(buses);
        if (OptionsComparison.IsSameBridge(_bridgeOptions, options.Bridge))
        {
            return;
        }

        using var limit = new CancellationTokenSource(RestartDrainTime, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        if (_bridge is { } bridge && options.Bridge is { } changed)
        {
            await bridge.ApplyAsync(changed, linked.Token);
            _bridgeOptions = changed;
            return;
        }

        await CloseBridgeAsync(linked.Token);
        await OpenBridgeAsync(options, buses);
        await (_bridge?.StartAsync() ?? Task.CompletedTask);
    }

    private async Task CloseBridgeAsync(CancellationToken cancellationToken)
    {
        if (_bridge is { } bridge)
        {
            await bridge.StopAsync(cancellationToken);
            await bridge.DisposeAsync();
            _bridge = null;
        }
    }

    private async Task StartRuntimeAsync(GatewayOptions options, IReadOnlyList<BusDefinition> buses, CancellationToken cancellationToken)
    {
        _acquisition ??= new Acquisition(drivers, timeProvider, loggerFactory, _clock!, meterFactory, observer);
        var runtime = new GatewayRuntime(options, drivers, _broker!, timeProvider, loggerFactory, topic => _bridge?.TakesIn(topic) ?? false, _clock, meterFactory, brokerProblem: () => _store?.Trouble, acquisition: _acquisition, localCommands: _localCommands);
        try
        {
            await runtime.StartAsync(buses, cancellationToken);
            _runtime = runtime;
        }
        catch
        {
            await StopPollingAsync();
            await runtime.DisposeAsync();
            throw;
        }
    }

    private async Task StopPollingAsync()
    {
        if (_acquisition is { } acquisition)
        {
            _acquisition = null;
            await acquisition.DisposeAsync();
        }
    }

    private async Task MakeWayAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(RestartDrainTime, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        await StopRuntimeAsync(linked.Token);
    }

    private async Task StopRuntimeAsync(CancellationToken cancellationToken)
    {
        if (_runtime is { } runtime)
        {
            await runtime.StopAsync(cancellationToken);
            await runtime.DisposeAsync();
            _runtime = null;
        }
    }

    private async Task StopBrokerAsync(CancellationToken cancellationToken)
    {
        // First the bridge's way in, which needs the broker; its way out must see the last that clients publish.
        await (_bridge?.StopAsync(cancellationToken) ?? Task.CompletedTask);
        await CloseLocalCommandsAsync();
        if (_broker is { } broker)
        {
            try
            {
                await broker.StopAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                // Clients that do not take their last bytes in time are cut off by the disposal.
            }

            await broker.DisposeAsync();
            _broker = null;
        }

        // Each in its file: a slow disk takes its seconds from both at the same time.
        await Task.WhenAll(CloseBridgeAsync(cancellationToken), Task.Run(() => _store?.Dispose(), CancellationToken.None));
        _access?.Dispose();
        (_store, _access) = (null, null);
    }
}
