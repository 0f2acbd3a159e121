using System.Diagnostics.Metrics;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Mqtt.Broker.Persistence;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Sockets;
using Gateway.Mqtt.Broker.Statistics;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Mqtt.Broker;

/// <summary>
/// An MQTT broker for 3.1, 3.1.1 and 5.0. Thread-safe. Start it once, stop it once, dispose it.
/// </summary>
/// <remarks>
/// One lock owns the state. Whoever has read bytes handles all packets among them in one turn, and writes once to each
/// connection that has something to send at its end: to plain sockets within the turn, to pipes after it. Plain sockets
/// are served by one thread, which has a turn for all that are ready together; pipes by the thread pool. Nothing within
/// a turn blocks: no disk, no log, and no code of the program but <see cref="IAuthorizer"/> and
/// <see cref="Embedding.IMessageTap"/>, which answer at once.
/// </remarks>
public sealed partial class MqttBroker : IAsyncDisposable
{
    private static readonly TimeSpan LastHandlersTime = TimeSpan.FromSeconds(1);

    private readonly MqttBrokerOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _loops = [];
    private readonly JournalWriter? _journalWriter;
    private readonly IAuthenticator _authenticator;
    private readonly BrokerInstruments _instruments;
    private bool _isStarted;
    private bool _isStopped;

    /// <summary>A broker that does nothing until <see cref="StartAsync"/>.</summary>
    /// <param name="options">How it is set up.</param>
    /// <param name="timeProvider">Default: the system's.</param>
    /// <param name="loggerFactory">Default: nothing is logged.</param>
    /// <param name="meterFactory">Makes the meter <c>Gateway.Mqtt.Broker</c>; default: it belongs to the whole process.</param>
    /// <exception cref="MqttBrokerException">The options are not valid; the message says which and why.</exception>
    public MqttBroker(MqttBrokerOptions options, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null, IMeterFactory? meterFactory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { } problem)
        {
            throw new MqttBrokerException(problem);
        }

        _options = options;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<MqttBroker>();
        _start = _timeProvider.GetTimestamp();
        var isNamedByCertificate = options.Tls is { UserNameFromCertificate: true };
        IReadOnlyList<IServerAuthenticationMethod> methods = isNamedByCertificate
            ? [.. options.AuthenticationMethods.Select(method => new CertificateBoundMethod(method))]
            : options.AuthenticationMethods;
        _state = new BrokerState(options.Limits, options.Authorizer, methods)
        {
            ValidatesPayloadFormat = options.ValidatesPayloadFormat,
            KnowsUser = user => _authenticator!.Knows(user),
        };
        if (options.SystemTopicsInterval > TimeSpan.Zero)
        {
            _state.SystemTopics = new SystemTopics(_state, options.SystemTopicsInterval, $"gateway version {typeof(MqttBroker).Assembly.GetName().Version?.ToString(3)}");
        }

        _timer = _timeProvider.CreateTimer(static broker => ((MqttBroker)broker!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _sockets = new Lazy<SocketLoop>(() => new SocketLoop(this, _state, _logger));
        _authenticator = options.Authenticator ?? AllowAnonymous.Instance;
        if (isNamedByCertificate)
        {
            _authenticator = new CertificateAuthenticator(_authenticator);
        }

        var tlsFiles = options.Tls is { } tls ? new TlsFiles(tls, _timeProvider, _logger) : null;
        Listeners = [.. options.Listen.Select(uri => new MqttListener(uri, () => CreateAcceptor(uri, tlsFiles), options.InheritedSockets, _logger))];
        if (options.Store is { } store)
        {
            _journalWriter = new JournalWriter(store, options, _state, _timeProvider, _logger, RunTurn);
        }

        _instruments = new BrokerInstruments(meterFactory, () => Counters);
    }

    /// <summary>One per URL of <see cref="MqttBrokerOptions.Listen"/>.</summary>
    public IReadOnlyList<MqttListener> Listeners { get; }

    /// <summary>A copy of all counters as they are now.</summary>
    public BrokerCounters Counters
    {
        get
        {
            lock (_gate)
            {
                return _state.Tally.ToCounters(_state);
            }
        }
    }

    /// <summary>Loads what the store has, opens the listeners and serves.</summary>
    /// <exception cref="MqttBrokerException">A listener cannot be opened, and the options do not say to try again.</exception>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_isStarted)
        {
            throw new InvalidOperationException("The broker was started before.");
        }

        _isStarted = true;
        if (_journalWriter is not null)
        {
            await _journalWriter.StartAsync(cancellationToken);
        }

        await ReportUnusedSocketsAsync(cancellationToken);
        if (_options.WhenListenerFails == ListenerFailurePolicy.Throw)
        {
            foreach (var listener in Listeners)
            {
                await listener.OpenAsync(cancellationToken);
            }
        }

        foreach (var listener in Listeners)
        {
            _loops.Add(listener.RunAsync(_options.ListenerRetryInterval, _timeProvider, _stopping.Token));
        }
    }

    /// <summary>Closes the listeners and all connections (5.0 is told: server shutting down), and saves what is to be kept.</summary>
    /// <param name="cancellationToken">Cuts off clients that have not taken their last bytes; what is to be kept is saved all the same.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_isStopped)
        {
            return;
        }

        _isStopped = true;
        await _stopping.CancelAsync();
        await Task.WhenAll(_loops);
        await CloseConnectionsAsync(cancellationToken);
        foreach (var listener in Listeners)
        {
            await listener.CloseAsync();
        }

        await CloseHandlersAsync(cancellationToken);
        if (_journalWriter is not null)
        {
            await _journalWriter.StopAsync();
        }
    }

    /// <summary>
    /// Serves a connection that somebody else accepted: a listener of the program's own, or a pipe in memory. Completes
    /// when it is closed and disposed.
    /// </summary>
    public Task ServeAsync(ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return ServeOrRefuseAsync(connection);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        try
        {
            await StopAsync(atOnce.Token);
        }
        catch (OperationCanceledException)
        {
        }

        _instruments.Dispose();
        _journalWriter?.Dispose();
        await _timer.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task ReportUnusedSocketsAsync(CancellationToken cancellationToken)
    {
        foreach (var socket in _options.InheritedSockets)
        {
            var isUsed = false;
            foreach (var listener in Listeners)
            {
                isUsed |= await listener.IsAtAsync(socket, cancellationToken);
            }

            if (!isUsed)
            {
                Log.SocketUnused(_logger, socket.LocalEndPoint!);
            }
        }
    }

    private IConnectionAcceptor CreateAcceptor(Uri uri, TlsFiles? tlsFiles)
        => ListenerAddress.IsTls(uri) || ListenerAddress.IsWebSocket(uri)
            ? new KestrelAcceptor(this, uri, ListenerAddress.IsTls(uri) ? tlsFiles : null, _options, _timeProvider, _logger)
            : new SocketAcceptor(this);
}
