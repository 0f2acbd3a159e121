using System.Net;
using System.Net.Sockets;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Sockets;

/// <summary>An address on which a <see cref="SocketLoop"/> accepts connections, until it is disposed.</summary>
internal sealed class SocketListener(SocketLoop loop, ListenerSocket bound, long token) : IDisposable
{
    private bool _isDisposed;

    /// <summary>With the port that the system chose.</summary>
    public EndPoint EndPoint { get; } = bound.Socket.LocalEndPoint!;

    public Socket Socket => bound.Socket;

    /// <summary>The socket, or what is to be left of it.</summary>
    public ListenerSocket Bound => bound;

    /// <summary>By which the loop knows it.</summary>
    public long Token => token;

    /// <summary>
    /// Scheduled while no connection can be accepted, descriptors or memory being used up: until then the listener is
    /// not looked at.
    /// </summary>
    public Deadline Pause => field ??= new AcceptPause(loop, this);

    /// <summary>Connections have waited since the last pause began: that is logged already.</summary>
    public bool IsStarved { get; set; }

    /// <summary>Connections that were accepted stay.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            loop.Close(this);
        }
    }

    private sealed class AcceptPause(SocketLoop loop, SocketListener listener) : Deadline
    {
        public override void OnDue(long now) => loop.WatchAgain(listener);
    }
}
