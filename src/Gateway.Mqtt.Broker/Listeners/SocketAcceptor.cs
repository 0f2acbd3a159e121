using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>Plain sockets, TCP or Unix, through Kestrel's socket transport.</summary>
internal sealed class SocketAcceptor(MqttBroker broker, ILogger logger) : IConnectionAcceptor
{
    private IConnectionListener? _listener;

    public async Task ListenAsync(Socket bound, CancellationToken cancellationToken)
    {
        // What the broker does with bytes never blocks, so it needs no hop to another thread.
        var options = new SocketTransportOptions { UnsafePreferInlineScheduling = true, NoDelay = true, CreateBoundListenSocket = _ => bound };
        _listener = await new SocketTransportFactory(Options.Create(options), NullLoggerFactory.Instance).BindAsync(bound.LocalEndPoint!, cancellationToken);
    }

    public async Task AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await _listener!.AcceptAsync(cancellationToken) is { } connection)
            {
                // Its failures are logged there, and its end is awaited when the broker stops.
                _ = broker.ServeAsync(connection);
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            Log.AcceptFailed(logger, e, _listener!.EndPoint);
        }

        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _listener, null) is { } listener)
        {
            await listener.UnbindAsync(CancellationToken.None);
            await listener.DisposeAsync();
        }
    }
}
