using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Session;
using Gateway.Mqtt.Transport;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Client;

/// <summary>Makes a client's connections: dials, has the session say CONNECT, holds what was accepted to its end, and tries
/// again after a pause. One connection at a time.</summary>
internal sealed class ClientConnector : IDisposable
{
    private static readonly TimeSpan FinishTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FinishCheck = TimeSpan.FromMilliseconds(20);

    private readonly MqttClientOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private readonly ReconnectBackoff _backoff;
    private readonly ClientCore _core;
    private readonly SubscriptionTable _subscriptions;
    private readonly ServerRoute _route;
    private readonly ServerHealth _health = new();
    private readonly FailBackWatch _watch;
    private readonly SemaphoreSlim _connecting = new(1);
    private Task _connection = Task.CompletedTask;
    private TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile MqttClientState _state;
    private string _clientIdentifier;
    private bool _hasSession;
    private Uri? _sessionServer; // of the session that the client goes on with

    // The connection ended with somewhere to go at once: by a reference, or back to an earlier server.
    private volatile bool _hasPlaceToGo;
    private volatile bool _isGoingBack;
    private volatile Uri? _server;
    private volatile bool _isBridgeRefused;
    private long _epoch;

    public ClientConnector(ClientCore core, SubscriptionTable subscriptions, ReconnectBackoff backoff, ILogger logger)
    {
        _core = core;
        _options = core.Options;
        _timeProvider = core.TimeProvider;
        _subscriptions = subscriptions;
        _backoff = backoff;
        _logger = logger;
        _clientIdentifier = _options.ClientIdentifier;
        _route = new ServerRoute([.. _options.Servers.Select(server => MqttServerUri.Parse(server.OriginalString))], _options.AllowedReferences);
        _watch = new FailBackWatch(_options, _health, _timeProvider, () => core.Now);
        core.Effects.OnConnected = OnConnectedInLock;
        core.OnClosing = OnClosingInLock;
    }

    public MqttClientState State => _state;

    public long Epoch => Interlocked.Read(ref _epoch);

    public string ClientIdentifier => Volatile.Read(ref _clientIdentifier);

    /// <summary>Ends when the current connection, if there is one, is gone.</summary>
    public Task ConnectionGone => _connection;

    /// <summary>Ends when the client is connected. Read under the lock.</summary>
    public Task Connected => _connected.Task;

    public void Dispose()
    {
        lock (_core.Gate)
        {
            _connected.TrySetCanceled();
        }

        _connecting.Dispose();
    }

    /// <summary>Keeps connected until told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var failures = 0;
        while (!stop.IsCancellationRequested)
        {
            var began = _timeProvider.GetTimestamp();
            string? failure = null;
            _hasPlaceToGo = false;
            try
            {
                var result = await AttemptAsync(stop);
                failure = result.IsAccepted ? null : DescribeRefusal(result);
                await (result.IsAccepted ? StayAsync(result.Server, stop) : _connection);
            }
            catch (MqttException exception)
            {
                failure = exception.Message;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            if (stop.IsCancellationRequested)
            {
                return;
            }

            failures = failure is null ? 0 : failures + 1;
            if (failure is null)
            {
                var lasted = _timeProvider.GetElapsedTime(began);
                _backoff.ConnectionEnded(lasted);
                if (lasted > _options.MaximumReconnectDelay)
                {
                    _route.Rested();
                }
            }

            if (!_hasPlaceToGo)
            {
                await PauseAsync(failure, failures, stop);
                _route.Rested();
            }
        }
    }

    private static string DescribeRefusal(ConnectResult result) =>
        $"{result.Server} refuses: {result.ConnAck.ReasonString?.TrimEnd('.') ?? result.ReasonCode.ToString()}{(result.ConnAck.ServerReference is { } reference ? $", and refers to {reference}" : "")}.";

    private bool IsBridgeOffered => _options.IsBridge && _options.ProtocolVersion != ProtocolVersion.V50 && !_isBridgeRefused;

    private async Task PauseAsync(string? failure, int failures, CancellationToken stop)
    {
        var delay = _backoff.Next();
        if (failure is not null)
        {
            if (failures == 1)
            {
                Log.Unreachable(_logger, failure);
            }
            else
            {
                Log.StillUnreachable(_logger, failures, delay, failure);
            }

            _core.Call(observer => observer.ConnectFailed(failure, delay));
        }

        try
        {
            await Task.Delay(delay, _timeProvider, stop);
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Where each server stands, in the order of preference.</summary>
    public IReadOnlyList<ServerState> DescribeServers()
    {
        var (now, utcNow, connected) = (_core.Now, _timeProvider.GetUtcNow(), _server);
        return [.. _route.Servers.Select(server => _health.Find(server) switch
        {
            _ when server == connected => new ServerState(server, ServerStanding.Connected, null, null),
            ({ } reason, _, { } since) => new ServerState(server, ServerStanding.Answers, reason, utcNow - (now - since)),
            ({ } reason, { } at, _) => new ServerState(server, ServerStanding.Failed, reason, utcNow - (now - at)),
            var (reason, _, _) => new ServerState(server, ServerStanding.Ready, reason, null),
        })];
    }

    // Holds a connection to its end, which may be that an earlier server is back.
    private async Task StayAsync(Uri server, CancellationToken stop)
    {
        if (_options.FailBack is null || _route.Before(server) is not { Count: > 0 } earlier)
        {
            await _connection;
            return;
        }

        using var watching = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var watch = _watch.WaitAsync(earlier, watching.Token);
        if (await Task.WhenAny(_connection, watch) == watch && await watch is { } back)
        {
            await GoBackAsync(back, stop);
        }

        await watching.CancelAsync();
        await watch;
        await _connection;
    }

    // What is in flight gets its time to be acknowledged; what is not by then goes out again on the next connection.
    private async Task GoBackAsync(Uri server, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(FinishTime, _timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        _core.CarryOut(_core.Enter(session => session.Hold()));
        while (!linked.IsCancellationRequested && !_connection.IsCompleted && IsAnythingInFlight())
        {
            await Task.Delay(FinishCheck, _timeProvider, linked.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!stop.IsCancellationRequested)
        {
            _health.GoingBack(server);
            _hasPlaceToGo = _isGoingBack = true;
            _core.CarryOut(_core.Enter(session => session.Leave($"The client goes back to {server}, which answers again.", _core.Now)));
        }
    }

    private bool IsAnythingInFlight()
    {
        lock (_core.Gate)
        {
            return _core.Session.InFlight > 0;
        }
    }

    /// <summary>One attempt: each server once, in order, until one accepts.</summary>
    public async Task<ConnectResult> AttemptAsync(CancellationToken cancellationToken)
    {
        await _connecting.WaitAsync(cancellationToken);
        _state = MqttClientState.Connecting;
        Uri? accepted = null;
        try
        {
            ConnectResult? refusal = null;
            MqttException? last = null;
            HashSet<Uri> tried = [];
            var servers = Arrange(tried);
            while (servers.TryDequeue(out var server))
            {
                tried.Add(server);
                try
                {
                    var result = await AttemptAsync(server, cancellationToken);
                    if (result.ReasonCode == ReasonCode.UnsupportedProtocolVersion && IsBridgeOffered)
                    {
                        _isBridgeRefused = true;
                        result = await AttemptAsync(server, cancellationToken);
                    }

                    if (result.IsAccepted)
                    {
                        accepted = server;
                        return result;
                    }

                    refusal = result;
                    if (_route.TryFollow(server, result.ReasonCode, result.ConnAck.ServerReference))
                    {
                        Log.Referred(_logger, server, result.ConnAck.ServerReference!);
                        servers = Arrange(tried);
                    }
                    else
                    {
                        _health.Failed(server, DescribeRefusal(result), wasAccepted: false, _core.Now);
                    }
                }
                catch (MqttException exception)
                {
                    last = exception;
                    _health.Failed(server, exception.Message, wasAccepted: false, _core.Now);
                    if (server == _sessionServer)
                    {
                        _core.CarryOut(_core.Enter(session => session.ServerWasAway()));
                    }
                }
            }

            if (refusal is null)
            {
                _core.CarryOut(_core.Enter(session => session.ServerWasAway()));
            }

            return refusal ?? throw last!;
        }
        finally
        {
            _route.AttemptEnded(accepted);
            if (_state == MqttClientState.Connecting)
            {
                _state = MqttClientState.Disconnected;
            }

            _connecting.Release();
        }
    }

    // A server that refers back to one that was asked already leads nowhere new.
    private Queue<Uri> Arrange(HashSet<Uri> tried) => new(_health.Arrange(_route.Servers, _core.Now).Where(server => !tried.Contains(server)));

    private async Task<ConnectResult> AttemptAsync(Uri server, CancellationToken cancellationToken)
    {
        var authentication = _options.Authentication is { } method ? new AuthenticationRun(method) : null;
        var (stream, data) = await DialAsync(server, authentication, cancellationToken);
        var connection = new ClientConnection(_core, server, stream, authentication);
        lock (_core.Gate)
        {
            _core.Connection = connection;
        }

        _connection = Task.Run(() => HoldAsync(connection, MakeConnect(server, data)), CancellationToken.None);
        try
        {
            var connAck = await connection.Handshake.WaitAsync(cancellationToken);
            if (connAck.ReasonCode.IsFailure())
            {
                await _connection;
                return new ConnectResult(server, connAck, 0);
            }

            return new ConnectResult(server, connAck, Epoch) { IsBridge = IsBridgeOffered };
        }
        catch
        {
            connection.SessionEnded(new SessionEnd(ReasonCode.NormalDisconnection, "The attempt to connect was cancelled."));
            await _connection;
            throw;
        }
    }

    private async Task<(Stream Stream, ReadOnlyMemory<byte>? AuthenticationData)> DialAsync(
        Uri server, AuthenticationRun? authentication, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.ConnectTimeout, _timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var data = authentication is null ? null : await authentication.StartAsync(linked.Token);
            return (await MqttDialer.DialAsync(server, _options.Tls, linked.Token), data);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MqttException($"Cannot connect to {server}: no answer within {_options.ConnectTimeout.TotalSeconds:0.#} s.");
        }
    }

    // Owns a connection from CONNECT to its end.
    private async Task HoldAsync(ClientConnection connection, ConnectPacket connect)
    {
        using (connection)
        {
            var observing = ObserveHandshakeAsync(connection);
            var began = _core.Now;
            var end = await connection.RunAsync(connect);
            var wasConnected = await observing;
            lock (_core.Gate)
            {
                _core.Connection = null;
            }

            if (wasConnected)
            {
                Remember(connection.Server, end, _core.Now - began);
                Log.Disconnected(_logger, connection.Server, end.Message);
                if (end.IsByServer && _route.TryMove(connection.Server, end.ReasonCode, end.ServerReference))
                {
                    Log.Referred(_logger, connection.Server, end.ServerReference!);
                    _hasPlaceToGo = true;
                }

                _core.Call(o => o.Disconnected(new DisconnectInfo(end.ReasonCode, end.Message, end.IsByServer, end.ServerReference) { IsGoingBack = _isGoingBack }));
                _isGoingBack = false;
            }
        }
    }

    // A good connection may end; one that ends at once, or with a server that is there and does nothing, tells something of it. One on which
    // nothing was acknowledged was not good, however long that took to find out.
    private void Remember(Uri server, SessionEnd end, TimeSpan lasted)
    {
        var isGood = lasted > _options.MaximumReconnectDelay && !end.IsFruitless;
        if (isGood)
        {
            _health.Settled(server);
        }

        if (!end.IsOwn && (!isGood || end.IsSilence))
        {
            _health.Failed(server, end.Message, wasAccepted: true, _core.Now);
        }
    }

    private async Task<bool> ObserveHandshakeAsync(ClientConnection connection)
    {
        try
        {
            var connAck = await connection.Handshake;
            if (connAck.ReasonCode.IsFailure())
            {
                connection.SessionEnded(new SessionEnd(connAck.ReasonCode, $"The server refuses: {connAck.ReasonCode}."));
                return false;
            }

            Log.Connected(_logger, connection.Server, connAck.SessionPresent);
            _core.Call(observer => observer.Connected(new ConnectResult(connection.Server, connAck, Epoch) { IsBridge = IsBridgeOffered }));
            return true;
        }
        catch (MqttException)
        {
            return false;
        }
    }

    private ConnectPacket MakeConnect(Uri server, ReadOnlyMemory<byte>? authenticationData) => new()
    {
        ProtocolVersion = _options.ProtocolVersion,
        IsBridge = IsBridgeOffered,
        ClientIdentifier = ClientIdentifier,
        CleanStart = IsElsewhere(server) || (_options.ProtocolVersion == ProtocolVersion.V50
            ? !_hasSession && _options.CleanStart
            : _options.SessionExpiryInterval == 0),
        KeepAlive = (ushort)_options.KeepAlive.TotalSeconds,
        Will = _options.Will,
        UserName = _options.UserName,
        Password = _options.Password,
        SessionExpiryInterval = _options.SessionExpiryInterval,
        ReceiveMaximum = _options.ReceiveMaximum,
        MaximumPacketSize = _options.MaximumPacketSize,
        TopicAliasMaximum = _options.TopicAliasMaximum,
        AuthenticationMethod = _options.Authentication?.Name,
        AuthenticationData = authenticationData,
        UserProperties = _options.UserProperties,
    };

    // What another server has of an earlier session is not what is under way now: a Packet Identifier that it knows would be taken for
    // that of another message, which would be lost.
    private bool IsElsewhere(Uri server) => _sessionServer is not null && _sessionServer != server;

    // Within the session's transition to connected, before anything that waits is sent.
    private void OnConnectedInLock(ConnAckPacket packet)
    {
        Volatile.Write(ref _clientIdentifier, packet.AssignedClientIdentifier ?? _clientIdentifier);
        _server = _sessionServer = _core.Connection!.Server;
        _hasSession = (packet.SessionExpiryInterval ?? _options.SessionExpiryInterval) != 0;
        Interlocked.Increment(ref _epoch);
        _state = MqttClientState.Connected;
        _connected.TrySetResult();
        if (packet.SessionPresent)
        {
            return;
        }

        var failed = 0;
        foreach (var (identifier, subscriptions) in _subscriptions.Portions())
        {
            failed += Resubscribe(subscriptions, identifier);
        }

        if (failed > 0)
        {
            Log.ResubscribeFailed(_logger, failed);
        }
    }

    private void OnClosingInLock()
    {
        if (_state == MqttClientState.Connected)
        {
            _state = MqttClientState.Disconnected;
            _server = null;
            _connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    // A portion that exceeds the server's Maximum Packet Size is halved.
    private int Resubscribe(Subscription[] subscriptions, uint? identifier)
    {
        if (_core.Session.TrySubscribe(subscriptions, identifier, new Resubscription(subscriptions), _core.Now))
        {
            return 0;
        }

        var half = subscriptions.Length / 2;
        return half == 0 ? 1 : Resubscribe(subscriptions[..half], identifier) + Resubscribe(subscriptions[half..], identifier);
    }
}
