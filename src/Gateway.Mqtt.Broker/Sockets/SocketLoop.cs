using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Sockets.Interop;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker.Sockets;

/// <summary>
/// Serves all plain sockets of a broker on one thread: it waits until some are ready, and in one turn of the broker
/// receives from each, handles what came, and sends what that yields. A thread that has a turn for another reason
/// sends to these sockets itself. As sockets are received from, sent to and closed within turns only, nobody ever
/// meets a descriptor that is another's by now.
/// </summary>
internal sealed class SocketLoop : IAsyncDisposable
{
    private const int Backlog = 512;
    private const int MostAccepted = 64;
    private const int PauseMilliseconds = 1000;

    // Tokens of listeners count down from below this; those of connections are serial number and descriptor, never negative.
    private const long FirstListener = Epoll.WakeToken;

    private readonly MqttBroker _broker;
    private readonly BrokerState _state;
    private readonly ILogger _logger;
    private readonly Epoll _epoll = new();
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<long, SocketListener> _listeners = [];
    private readonly Dictionary<int, SocketTransport> _transports = [];
    private readonly List<(SocketTransport Transport, Exception Exception)> _failures = [];
    private List<SocketTransport> _resumed = [];
    private List<SocketTransport> _resuming = [];
    private TaskCompletionSource? _emptied;
    private long _nextListener = FirstListener;
    private int _lastSerial;
    private int _readyCount;
    private int _refusedCount;
    private string? _acceptProblem;
    private volatile bool _isStopping;

    /// <summary>Begins to wait for sockets.</summary>
    public SocketLoop(MqttBroker broker, BrokerState state, ILogger logger)
    {
        _broker = broker;
        _state = state;
        _logger = logger;
        _thread = new Thread(Run) { IsBackground = true, Name = "mqtt sockets" };
        _thread.Start();
    }

    /// <summary>Where the sockets receive.</summary>
    public ReceiveBuffer Received { get; } = new();

    /// <summary>Listens. Any thread, outside of turns.</summary>
    /// <param name="bound">Of an address; the listener's to dispose from now on, unless this throws.</param>
    /// <exception cref="SocketException">The system refuses.</exception>
    public SocketListener Listen(ListenerSocket bound)
    {
        var socket = bound.Socket;
        if (socket.AddressFamily != AddressFamily.Unix)
        {
            // What is accepted inherits it.
            socket.NoDelay = true;
        }

        socket.Blocking = false;
        if (!bound.IsInherited)
        {
            socket.Listen(Backlog);
        }

        var listener = new SocketListener(this, bound, Interlocked.Decrement(ref _nextListener));
        _broker.RunTurn(() =>
        {
            _listeners.Add(listener.Token, listener);
            _epoll.Add((int)socket.Handle, EpollEvents.EPOLLIN, listener.Token);
        });
        return listener;
    }

    /// <summary>Ends the thread, once nothing listens and no connection is left.</summary>
    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        _epoll.Wake();
        await _ended.Task;
        _epoll.Dispose();
    }

    /// <summary>Within a turn: tells all clients that the broker stops.</summary>
    public void ShutDown()
    {
        foreach (var transport in _transports.Values)
        {
            transport.Connection.OnShutdown();
        }
    }

    /// <summary>Within a turn: cuts off all clients.</summary>
    public void Abort()
    {
        foreach (var transport in _transports.Values.ToArray())
        {
            transport.Close(abort: true);
        }
    }

    /// <summary>Within a turn. Completes when no connection is left; there must not be listeners any more.</summary>
    public Task WhenEmptyAsync()
    {
        _emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_transports.Count == 0)
        {
            _emptied.SetResult();
        }

        return _emptied.Task;
    }

    public void Close(SocketListener listener) => _broker.RunTurn(() =>
    {
        _listeners.Remove(listener.Token);
        _state.Deadlines.Cancel(listener.Pause);
        _epoll.Remove((int)listener.Socket.Handle);
        listener.Bound.Dispose();
    });

    /// <summary>Within a turn.</summary>
    public void WatchAgain(SocketListener listener) => _epoll.Modify((int)listener.Socket.Handle, EpollEvents.EPOLLIN, listener.Token);

    /// <summary>Within a turn.</summary>
    public void Watch(SocketTransport transport, EpollEvents events) => _epoll.Modify(transport.Socket.Number, events, transport.Token);

    /// <summary>Within a turn: the transport handles what it left unhandled in the next turn of this loop.</summary>
    public void Resume(SocketTransport transport)
    {
        _resumed.Add(transport);
        if (Thread.CurrentThread != _thread)
        {
            _epoll.Wake();
        }
    }

    /// <summary>Within a turn.</summary>
    /// <returns>False: the answer comes later.</returns>
    public bool Authenticate(ServerConnection connection) => _broker.Authenticate(connection);

    /// <summary>Within a turn: its socket is closed.</summary>
    public void Remove(SocketTransport transport)
    {
        _transports.Remove(transport.Socket.Number);
        foreach (var listener in _listeners.Values)
        {
            if (listener.Pause.IsScheduled)
            {
                _state.Deadlines.Cancel(listener.Pause);
                WatchAgain(listener);
            }
        }

        if (_transports.Count == 0)
        {
            _emptied?.TrySetResult();
        }
    }

    private void Run()
    {
        Action handleReady = HandleReady;
        while (!_isStopping)
        {
            // Others resume what they like, and wake this thread then: no lock is needed to look.
            _readyCount = _epoll.Wait(blocks: _resumed.Count == 0);
            _broker.RunTurn(handleReady);
            Report();
        }

        _ended.SetResult();
    }

    private void HandleReady()
    {
        for (var i = 0; i < _readyCount; i++)
        {
            var token = _epoll.TokenAt(i);
            if (token >= 0)
            {
                if (_transports.TryGetValue((int)token, out var transport) && transport.Token == token)
                {
                    Handle(transport, _epoll.EventsAt(i));
                }
            }
            else if (token == Epoll.WakeToken)
            {
                _epoll.TakeWake();
            }
            else if (_listeners.TryGetValue(token, out var listener))
            {
                Accept(listener);
            }
        }

        (_resumed, _resuming) = (_resuming, _resumed);
        foreach (var transport in _resuming)
        {
            Handle(transport, events: null);
        }

        _resuming.Clear();
    }

    private void Handle(SocketTransport transport, EpollEvents? events)
    {
        try
        {
            if (events is { } ready)
            {
                transport.OnReady(ready);
            }
            else
            {
                transport.OnResumed();
            }
        }
#pragma warning disable CA1031 // One connection's failure is not the broker's.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failures.Add((transport, e));
            transport.Close(abort: true);
        }
    }

    private void Accept(SocketListener listener)
    {
        for (var i = 0; i < MostAccepted; i++)
        {
            if (SocketDescriptor.Accept(listener.Socket, out var remoteEndPoint, out var errno) is { } socket)
            {
                Open(socket, remoteEndPoint);
            }
            else if (errno is not (Libc.EINTR or Libc.ECONNABORTED))
            {
                if (errno != Libc.EAGAIN)
                {
                    Pause(listener, errno);
                }
                else
                {
                    listener.IsStarved = false;
                }

                return;
            }
        }
    }

    private void Open(SocketDescriptor socket, EndPoint? remoteEndPoint)
    {
        _lastSerial = (_lastSerial + 1) & int.MaxValue;
        var transport = new SocketTransport(this, socket, ((long)_lastSerial << 32) | (uint)socket.Number);
        if (_broker.TryOpenWithinTurn(transport, remoteEndPoint) is not { } connection)
        {
            _refusedCount++;
            socket.Close(abort: false);
            return;
        }

        transport.Connection = connection;
        _transports.Add(socket.Number, transport);
        try
        {
            _epoll.Add(socket.Number, EpollEvents.EPOLLIN, transport.Token);
        }
        catch (Win32Exception e)
        {
            _failures.Add((transport, e));
            transport.Close(abort: true);
        }
    }

    private void Pause(SocketListener listener, int errno)
    {
        _state.Tally.AcceptFailures++;
        if (!listener.IsStarved)
        {
            listener.IsStarved = true;
            _acceptProblem = new Win32Exception(errno).Message;
        }

        _epoll.Modify((int)listener.Socket.Handle, EpollEvents.None, listener.Token);
        _state.Deadlines.Schedule(listener.Pause, _state.Now + PauseMilliseconds);
    }

    // After the turn: logging may block.
    private void Report()
    {
        foreach (var (transport, exception) in _failures)
        {
            Log.ConnectionFailed(_logger, exception, transport.Connection.RemoteEndPoint);
        }

        _failures.Clear();
        if (_refusedCount > 0)
        {
            Log.ConnectionsRefused(_logger, _refusedCount);
            _refusedCount = 0;
        }

        if (_acceptProblem is { } problem)
        {
            _acceptProblem = null;
            Log.AcceptPaused(_logger, problem);
        }
    }
}
