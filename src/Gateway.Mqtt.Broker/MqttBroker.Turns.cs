using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Embedding;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Sockets;
using Gateway.Mqtt.Packets;
using Gateway.Shared;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker;

/// <content>The turns: how threads enter the state one at a time, and what they do when they leave.</content>
public sealed partial class MqttBroker
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly BrokerState _state;
    private readonly long _start;
    private readonly ITimer _timer;
    private readonly ConcurrentDictionary<ServerConnection, Task> _connections = new();
    private readonly ConcurrentDictionary<LocalSubscription, bool> _localSubscriptions = new();
    private readonly Dictionary<ServerConnection, Task> _authenticating = [];
    private readonly Lazy<SocketLoop> _sockets;
    private readonly ConcurrentDictionary<ReasonCode, LogPace> _errors = new();
    private long _timerDueAt = long.MaxValue;

    /// <summary>Milliseconds since the broker was made.</summary>
    internal long Now => (long)_timeProvider.GetElapsedTime(_start).TotalMilliseconds;

    /// <summary>Serves plain sockets; its thread begins when it is first asked for.</summary>
    internal SocketLoop Sockets => _sockets.Value;

    internal void RunTurn(Action turn)
    {
        var results = Enter();
        try
        {
            turn();
        }
        finally
        {
            Leave(results);
        }
    }

    /// <summary>Gives a connection its place among the others before it is one that MQTT can be spoken on.</summary>
    /// <param name="remoteEndPoint">Where it comes from.</param>
    /// <param name="shakesHands">Whether it begins with TLS, and so counts against the rate of clients before that.</param>
    /// <returns>Null when there are too many connections, at all or from its address, they come too fast, or the broker stops.</returns>
    internal AdmittedConnection? TryAdmit(EndPoint? remoteEndPoint, bool shakesHands)
    {
        AdmittedConnection? admitted = null;
        RunTurn(() => admitted = !_stopping.IsCancellationRequested && _state.TryEnter(remoteEndPoint, shakesHands, out var address)
            ? new AdmittedConnection(this, address, shakesHands)
            : null);
        if (admitted is null)
        {
            Log.ConnectionRefused(_logger, remoteEndPoint, Counters.Connections);
        }

        return admitted;
    }

    /// <summary>An <see cref="AdmittedConnection"/> gives its place back.</summary>
    internal void Release(AddressRecord? address) => RunTurn(() => _state.Leave(address));

    /// <returns>Null when there are too many connections, or the broker stops.</returns>
    internal ServerConnection? TryOpen(IConnectionTransport transport, EndPoint? remoteEndPoint, X509Certificate2? clientCertificate, bool isCounted)
    {
        var results = Enter();
        try
        {
            return _stopping.IsCancellationRequested ? null : _state.TryOpen(transport, remoteEndPoint, clientCertificate, isCounted);
        }
        finally
        {
            Leave(results);
        }
    }

    /// <inheritdoc cref="TryOpen"/>
    internal ServerConnection? TryOpenWithinTurn(IConnectionTransport transport, EndPoint? remoteEndPoint)
        => _stopping.IsCancellationRequested ? null : _state.TryOpen(transport, remoteEndPoint);

    internal SequencePosition Receive(ServerConnection connection, in ReadOnlySequence<byte> bytes, out ReceiveResult result)
    {
        var results = Enter();
        try
        {
            return connection.Receive(bytes, out result);
        }
        finally
        {
            Leave(results);
        }
    }

    /// <returns>What is to be sent next; empty when nothing is.</returns>
    internal ArraySegment<byte> OnSent(ServerConnection connection, bool isLost)
    {
        var results = Enter();
        try
        {
            connection.OnSent();
            if (isLost)
            {
                connection.OnLost();
                connection.DiscardOutput();
            }

            // Closing, if that is due, is among the results of this turn.
            connection.MarkDirty();
            return connection.SendableBytes > 0 ? connection.DetachOutput() : default;
        }
        finally
        {
            Leave(results);
        }
    }

    /// <summary>What <paramref name="read"/> says while nobody has a turn.</summary>
    internal T Read<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    /// <summary>Within a turn: the connection's CONNECT is authenticated, at once if that calls nobody else's code.</summary>
    /// <returns>False: the connection is resumed when the answer has come.</returns>
    internal bool Authenticate(ServerConnection connection)
    {
        if (_options.Authenticator is null && connection.Exchange is null)
        {
            connection.CompleteAuthentication(AuthenticationResult.Anonymous);
            return true;
        }

        _authenticating.Add(connection, Task.Run(() => AuthenticateAsync(connection, _stopping.Token)));
        return false;
    }

    internal async Task AuthenticateAsync(ServerConnection connection, CancellationToken cancellationToken)
    {
        LoginTry? login = null;
        RunTurn(() => login = connection.BeginLogin());
        var isHeard = login is null || await login.Turn;
        var result = new AuthenticationResult(ReasonCode.ConnectionRateExceeded);
        if (isHeard && connection.PendingAuthentication is { } request)
        {
            // The client may leave or run out of time meanwhile: the password is tried nevertheless, and counts.
            result = await CheckAsync(connection, request, cancellationToken);
        }

        RunTurn(() =>
        {
            _authenticating.Remove(connection);
            connection.CompleteAuthentication(result);
            connection.Resume();
        });
    }

    private async ValueTask<AuthenticationResult> CheckAsync(ServerConnection connection, AuthenticationRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return connection.Exchange is { } exchange
                ? await exchange.ContinueAsync(cancellationToken)
                : await _authenticator.AuthenticateAsync(request, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return new AuthenticationResult(ReasonCode.ServerUnavailable);
        }
#pragma warning disable CA1031 // Whatever an authenticator throws refuses one client and ends nothing else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.AuthenticatorFailed(_logger, e, request.ClientId);
            return new AuthenticationResult(ReasonCode.ServerUnavailable);
        }
    }

    internal void OnLost(ServerConnection connection) => RunTurn(connection.OnLost);

    internal void OnClosed(ServerConnection connection) => RunTurn(connection.OnClosed);

    private async Task ServeOrRefuseAsync(ConnectionContext context)
    {
        var transport = new PipeTransport(this, context);

        // From here on it counts as a connection itself.
        var admitted = context.Features.Get<AdmittedConnection>();
        admitted?.Dispose();
        if (TryOpen(transport, context.RemoteEndPoint, context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate, admitted?.IsCounted == true) is not { } connection)
        {
            Log.ConnectionRefused(_logger, context.RemoteEndPoint, Counters.Connections);
            await context.DisposeAsync();
            return;
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections.TryAdd(connection, done.Task);
        try
        {
            await transport.RunAsync(connection, _stopping.Token);
        }
#pragma warning disable CA1031 // One connection's failure is not the broker's.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.ConnectionFailed(_logger, e, context.RemoteEndPoint);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            done.SetResult();
        }
    }

    private async Task CloseConnectionsAsync(CancellationToken cancellationToken)
    {
        var sockets = _sockets.IsValueCreated ? _sockets.Value : null;
        Task[] tasks = [];
        RunTurn(() =>
        {
            foreach (var connection in _connections.Keys)
            {
                connection.OnShutdown();
            }

            sockets?.ShutDown();
            tasks = [.. _connections.Values, .. _authenticating.Values, sockets?.WhenEmptyAsync() ?? Task.CompletedTask];
        });
        var closed = Task.WhenAll(tasks);
        try
        {
            await closed.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            RunTurn(() =>
            {
                foreach (var connection in _connections.Keys)
                {
                    connection.Abort();
                }

                sockets?.Abort();
            });
            await closed;
        }

        if (sockets is not null)
        {
            await sockets.DisposeAsync();
        }
    }

    private TurnResults Enter()
    {
        var results = TurnResults.Rent();
        _gate.Enter();
        _state.Advance(Now);
        return results;
    }

    private void Leave(TurnResults results)
    {
        try
        {
            results.Take(_state);
            SetTimer();
            if (_state.Journal.IsReady)
            {
                _journalWriter?.Wake();
            }
        }
        finally
        {
            _gate.Exit();
        }

        results.Run();
        foreach (var connection in results.Faulted)
        {
            TellOfError(connection);
        }

        foreach (var (publisher, until) in results.Unsafe)
        {
            _ = until.ContinueWith(_ => RunTurn(publisher.OnMessageSafe), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        foreach (var happened in results.Events)
        {
            Note(happened);
        }

        results.Return();
    }

    // Strangers can bring it about as often as they like.
    private void TellOfError(ServerConnection connection)
    {
        var (reasonCode, reason) = connection.CloseReason;
        var level = _errors.GetOrAdd(reasonCode, static (_, time) => new LogPace(time), _timeProvider).TryTake(out var more) ? LogLevel.Warning : LogLevel.Debug;
        Log.ClosedForError(_logger, level, connection.RemoteEndPoint, reason, reasonCode, more);
    }

    // A timer may be some milliseconds early: then nothing is due yet, and it must be set again.
    private void OnTimer() => RunTurn(() => _timerDueAt = 0);

    private void SetTimer()
    {
        var next = _state.Deadlines.Next ?? long.MaxValue;
        if (next >= _timerDueAt && _timerDueAt > _state.Now)
        {
            return;
        }

        _timerDueAt = Math.Min(next, _state.Now + (long)LongestTimer.TotalMilliseconds);
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, _timerDueAt - _state.Now)), Timeout.InfiniteTimeSpan);
    }

    private void Note(BrokerEvent happened)
    {
        switch (happened)
        {
            case ClientConnected connected:
                Log.Connected(_logger, connected.ClientId, connected.RemoteEndPoint, connected.ProtocolVersion);
                break;
            case ClientDisconnected disconnected:
                Log.Disconnected(_logger, disconnected.ClientId, disconnected.Reason.TrimEnd('.'));
                break;
        }
    }
}
