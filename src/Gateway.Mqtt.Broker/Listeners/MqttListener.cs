using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>
/// One address on which a broker listens. Opened and closed by its <see cref="MqttBroker"/>. Its properties may be
/// read from any thread.
/// </summary>
public sealed class MqttListener
{
    private readonly Func<IConnectionAcceptor> _createAcceptor;
    private readonly IReadOnlyList<Socket> _inherited;
    private readonly ILogger _logger;
    private IConnectionAcceptor? _acceptor;
    private EndPoint? _endPoint;

    /// <param name="uri">What <see cref="ListenerAddress.Check"/> accepts.</param>
    /// <param name="createAcceptor">Makes what serves the address, each time that it is opened.</param>
    /// <param name="inherited">Sockets that listen already, one of which may be its own.</param>
    /// <param name="logger">Where it says what it listens on.</param>
    internal MqttListener(Uri uri, Func<IConnectionAcceptor> createAcceptor, IReadOnlyList<Socket> inherited, ILogger logger)
    {
        Uri = uri;
        _createAcceptor = createAcceptor;
        _inherited = inherited;
        _logger = logger;
    }

    /// <summary>As it was configured.</summary>
    public Uri Uri { get; }

    /// <summary>Where it really listens, with the port that the system chose; null while it is not open.</summary>
    public EndPoint? EndPoint => Volatile.Read(ref _endPoint);

    /// <summary>Why it is not open, in a sentence; null when it is, or was not tried yet.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether its address is a socket's; no, while its name is not known.</summary>
    internal async Task<bool> IsAtAsync(Socket socket, CancellationToken cancellationToken)
    {
        try
        {
            return ListenerSocket.Has(socket, await ListenerAddress.ResolveAsync(Uri, cancellationToken));
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <exception cref="MqttBrokerException">It cannot be opened; the message says why.</exception>
    internal async Task OpenAsync(CancellationToken cancellationToken)
    {
        var acceptor = _createAcceptor();
        try
        {
            var socket = ListenerSocket.Open(await ListenerAddress.ResolveAsync(Uri, cancellationToken), _inherited);
            var endPoint = socket.Socket.LocalEndPoint!;
            await acceptor.ListenAsync(socket, cancellationToken);
            _acceptor = acceptor;
            Volatile.Write(ref _endPoint, endPoint);
            Problem = null;
            Log.Listening(_logger, Uri, endPoint, socket.IsInherited ? ", the socket of systemd" : "");
        }
        catch (Exception e)
        {
            await acceptor.DisposeAsync();
            if (Describe(e) is not { } problem)
            {
                throw;
            }

            Problem = $"{Uri} cannot be listened on: {problem}";
            throw new MqttBrokerException(Problem, e);
        }
    }

    /// <summary>Serves connections until cancelled; opens the listener again, with pauses, whenever it is not open.</summary>
    internal async Task RunAsync(TimeSpan retryInterval, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var isReported = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            if (_acceptor is null)
            {
                try
                {
                    await OpenAsync(cancellationToken);
                    isReported = false;
                }
                catch (OperationCanceledException)
                {
                    return;
                }
                catch (MqttBrokerException e)
                {
                    // Once per state change, not per attempt.
                    if (!isReported)
                    {
                        isReported = true;
                        Log.ListenerFailed(_logger, e.Message, retryInterval.TotalSeconds);
                    }

                    await Task.Delay(retryInterval, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    continue;
                }
            }

            await _acceptor!.AcceptAsync(cancellationToken);
            Volatile.Write(ref _endPoint, null);
            if (!cancellationToken.IsCancellationRequested)
            {
                await CloseAsync();
            }
        }
    }

    /// <summary>Not while <see cref="RunAsync"/> runs. Connections of the broker's are not touched, those that have not become any end.</summary>
    internal async Task CloseAsync()
    {
        Volatile.Write(ref _endPoint, null);
        if (Interlocked.Exchange(ref _acceptor, null) is { } acceptor)
        {
            await acceptor.DisposeAsync();
        }
    }

    private string? Describe(Exception e) => e switch
    {
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse or SocketError.AccessDenied } when InheritedOfPort() is { } other => $"systemd holds its port at {other}; write the same address in the socket unit and here.",
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } => Uri.Scheme == "unix" ? "another program listens there." : "another program has the port.",
        SocketException or IOException or UnauthorizedAccessException or TlsFileException => e.Message,
        _ => null,
    };

    private IPEndPoint? InheritedOfPort() => _inherited.Select(socket => socket.LocalEndPoint).OfType<IPEndPoint>().FirstOrDefault(other => other.Port == ListenerAddress.PortOf(Uri));
}
