using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Sockets.Interop;

namespace Gateway.Mqtt.Broker.Sockets;

/// <summary>
/// A socket of a <see cref="SocketLoop"/> and the <see cref="ServerConnection"/> it serves. Everything here happens
/// within turns. It holds no memory but for the beginning of a packet, and for what its client does not take.
/// </summary>
internal sealed class SocketTransport(SocketLoop loop, SocketDescriptor socket, long token) : IConnectionTransport
{
    private const int MostSends = 4;

    private ArraySegment<byte> _rest;
    private EpollEvents _watched = EpollEvents.EPOLLIN;
    private Stage _stage;
    private bool _hasEnded;

    private enum Stage : byte
    {
        Open,

        /// <summary>The last words are sent; what the client is still sending is thrown away, lest a reset overtake them.</summary>
        Lingering,
        Closed,
    }

    /// <summary>By which the loop knows it.</summary>
    public long Token => token;

    public SocketDescriptor Socket => socket;

    /// <summary>Set as soon as the broker has let it in.</summary>
    public ServerConnection Connection { get; set; } = null!;

    /// <summary>The socket is ready for what it is watched for, or broken.</summary>
    public void OnReady(EpollEvents events)
    {
        if ((events & EpollEvents.EPOLLOUT) != 0)
        {
            Connection.MarkDirty();
        }

        if ((events & ~EpollEvents.EPOLLOUT) == 0 || _stage == Stage.Closed)
        {
            return;
        }

        if (_stage == Stage.Lingering)
        {
            Linger();
        }
        else if ((_watched & EpollEvents.EPOLLIN) != 0)
        {
            Receive();
        }
        else
        {
            // Not watched for bytes, so both directions are shut.
            OnEnd(isLost: true);
        }
    }

    /// <summary>Goes on with what it left unhandled, as <see cref="Resume"/> asked for.</summary>
    public void OnResumed()
    {
        if (_stage == Stage.Open && !_hasEnded && !Connection.IsHalted)
        {
            loop.Received.Recall(_rest);
            Handle();
        }
    }

    /// <inheritdoc/>
    public void Flush(ServerConnection connection, TurnResults results)
    {
        if (_stage != Stage.Open)
        {
            if (connection.IsAborted)
            {
                Close(abort: true);
            }

            return;
        }

        for (var i = 0; i < MostSends && connection.SendableBytes > 0; i++)
        {
            var length = connection.SendableBytes;
            var count = socket.Send(connection.Output.Written[..length], out var isLost);
            if (isLost)
            {
                OnEnd(isLost: true);
                break;
            }

            connection.OnTaken(count);
            if (count < length)
            {
                break;
            }
        }

        if (connection.IsAborted)
        {
            Close(abort: true);
            return;
        }

        Watch(EpollEvents.EPOLLOUT, connection.SendableBytes > 0);
        if (connection.Output.Length == 0 && connection.Phase == ConnectionPhase.Closed)
        {
            Finish();
        }
    }

    /// <inheritdoc/>
    public void Resume() => loop.Resume(this);

    /// <param name="abort">What the client has not taken is thrown away.</param>
    public void Close(bool abort)
    {
        if (_stage == Stage.Closed)
        {
            return;
        }

        _stage = Stage.Closed;
        ReceiveBuffer.Release(ref _rest);
        socket.Close(abort);
        loop.Remove(this);
        Connection.OnClosed();
    }

    private void Receive()
    {
        var count = loop.Received.Receive(socket, ref _rest, out var isLost);
        if (count > 0)
        {
            Handle();
        }
        else if (count == 0 || isLost)
        {
            OnEnd(isLost);
        }
    }

    private void Handle()
    {
        var received = loop.Received;
        ReceiveResult result;
        do
        {
            received.Consume(Connection.Receive(received.Bytes, out result));
        }
        while (result == ReceiveResult.NeedsAuthentication && loop.Authenticate(Connection));
        if (result == ReceiveResult.IsClosed)
        {
            ReceiveBuffer.Release(ref _rest);
        }
        else
        {
            received.Keep(ref _rest);
        }

        Watch(EpollEvents.EPOLLIN, result == ReceiveResult.NeedsMore);
    }

    // The client has closed its direction, or the connection broke.
    private void OnEnd(bool isLost)
    {
        _hasEnded = true;
        ReceiveBuffer.Release(ref _rest);
        Watch(EpollEvents.EPOLLIN, false);
        Connection.OnLost();
        if (isLost)
        {
            Connection.DiscardOutput();
        }

        Connection.MarkDirty();
    }

    // Everything is sent.
    private void Finish()
    {
        if (_hasEnded)
        {
            Close(abort: false);
            return;
        }

        socket.EndSending();
        _stage = Stage.Lingering;
        Watch(EpollEvents.EPOLLIN, true);
        Linger();
    }

    // The connection's deadline ends this, if the client does not.
    private void Linger()
    {
        if (loop.Received.Discard(socket, out _) <= 0)
        {
            Close(abort: false);
        }
    }

    private void Watch(EpollEvents events, bool isWanted)
    {
        var watched = isWanted ? _watched | events : _watched & ~events;
        if (watched != _watched && _stage != Stage.Closed)
        {
            _watched = watched;
            loop.Watch(this, watched);
        }
    }
}
