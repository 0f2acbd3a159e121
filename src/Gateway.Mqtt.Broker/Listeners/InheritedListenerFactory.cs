using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>
/// Has Kestrel take connections from a socket that it must not close. Its own transport would; and a copy of the descriptor
/// does not help, since the runtime leaves a closed copy in its epoll set for as long as the socket lives.
/// </summary>
internal sealed class InheritedListenerFactory(Socket socket) : IConnectionListenerFactory
{
    // With no descriptor left each attempt fails at once.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(new Listener(socket));

    private sealed class Listener(Socket socket) : IConnectionListener
    {
        private readonly SocketConnectionContextFactory _contexts = new(new SocketConnectionFactoryOptions { MaxReadBufferSize = KestrelAcceptor.ReadAhead }, NullLogger.Instance);
        private readonly CancellationTokenSource _unbound = new();

        public EndPoint EndPoint => socket.LocalEndPoint!;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            var isPausing = false;
            while (true)
            {
                try
                {
                    if (isPausing)
                    {
                        await Task.Delay(Pause, TimeProvider.System, _unbound.Token);
                    }

                    var accepted = await socket.AcceptAsync(_unbound.Token);
                    accepted.NoDelay = true;
                    return _contexts.Create(accepted);
                }
                catch (OperationCanceledException)
                {
                    return null;
                }
                catch (SocketException exception)
                {
                    // Or who waited has gone.
                    isPausing = exception.SocketErrorCode is not (SocketError.ConnectionAborted or SocketError.ConnectionReset);
                }
            }
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default) => await _unbound.CancelAsync();

        public ValueTask DisposeAsync()
        {
            _contexts.Dispose();
            _unbound.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
