using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Embedding;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Packets;
using Microsoft.AspNetCore.Connections;

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
    private long _timerDueAt = long.MaxValue;

    /// <summary>Milliseconds since the broker was made.</summary>
    internal long Now => (long)_timeProvider.GetElapsedTime(_start).TotalMilliseconds;

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

    /// <returns>Null when there are too many connections, or the broker stops.</returns>
    internal ServerConnection? TryOpen(IConnectionTransport transport, EndPoint? remoteEndPoint)
    {
        var results = Enter();
        try
        {
            if (_stopping.IsCancellationRequested || _state.Tally.Connections >= _options.Limits.Connections)
            {
                _state.Tally.ConnectionsRefused++;
                return null;
            }

            return new ServerConnection(_state, transport, remoteEndPoint);
        }
        finally
        {
            Leave(results);
        }
    }

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
                connection.Output.Clear();
            }

            // Closing, if that is due, is among the results of this turn.
            connection.MarkDirty();
            return connection.Output.Length > 0 ? connection.DetachOutput() : default;
        }
        finally
        {
            Leave(results);
        }
    }

    internal Task WhenRoomAsync(ServerConnection connection)
    {
        lock (_gate)
        {
            return connection.WhenRoomAsync();
        }
    }

    internal async Task AuthenticateAsync(ServerConnection connection, CancellationToken cancellationToken)
    {
        AuthenticationResult result;
        if (connection.PendingAuthentication is not { } request)
        {
            return;
        }

        try
        {
            result = await (_options.Authenticator ?? AllowAnonymous.Instance).AuthenticateAsync(request, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            result = new AuthenticationResult(ReasonCode.ServerUnavailable);
        }
#pragma warning disable CA1031 // Whatever an authenticator throws refuses one client and ends nothing else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.AuthenticatorFailed(_logger, e, request.ClientId);
            result = new AuthenticationResult(ReasonCode.ServerUnavailable);
        }

        RunTurn(() => connection.CompleteAuthentication(result));
    }

    internal void OnLost(ServerConnection connection)
    {
        RunTurn(connection.OnLost);
        if (connection.CloseReason.IsError)
        {
            Log.ClosedForError(_logger, connection.RemoteEndPoint, connection.CloseReason.Message, connection.CloseReason.ReasonCode);
        }
    }

    internal void OnClosed(ServerConnection connection) => RunTurn(connection.OnClosed);

    private async Task ServeOrRefuseAsync(ConnectionContext context)
    {
        var transport = new PipeTransport(this, context);
        if (TryOpen(transport, context.RemoteEndPoint) is not { } connection)
        {
            Log.ConnectionRefused(_logger, context.RemoteEndPoint, _options.Limits.Connections);
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
        var connections = _connections.ToArray();
        RunTurn(() => Array.ForEach(connections, connection => connection.Key.OnShutdown()));
        var closed = Task.WhenAll(connections.Select(connection => connection.Value));
        try
        {
            await closed.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Array.ForEach(connections, connection => connection.Key.Transport.Close(abort: true));
            await closed;
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
        results.Take(_state);
        SetTimer();
        _gate.Exit();
        results.Run();
        foreach (var happened in results.Events)
        {
            Note(happened);
        }

        results.Return();
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
                Log.Disconnected(_logger, disconnected.ClientId, disconnected.Reason);
                break;
        }
    }
}
