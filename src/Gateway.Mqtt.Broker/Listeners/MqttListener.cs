using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>
/// One address on which a broker listens, through Kestrel's socket transport. Opened and closed by its
/// <see cref="MqttBroker"/>. Its properties may be read from any thread.
/// </summary>
public sealed class MqttListener
{
    private readonly MqttBroker _broker;
    private readonly ILogger _logger;
    private readonly IConnectionListenerFactory _factory;
    private IConnectionListener? _listener;

    internal MqttListener(MqttBroker broker, Uri uri, IConnectionListenerFactory factory, ILogger logger)
    {
        _broker = broker;
        _factory = factory;
        _logger = logger;
        Uri = uri;
    }

    /// <summary>Kestrel's sockets. What the broker does with bytes never blocks, so it needs no hop to another thread.</summary>
    internal static IConnectionListenerFactory CreateFactory() => new SocketTransportFactory(
        Options.Create(new SocketTransportOptions { UnsafePreferInlineScheduling = true, NoDelay = true }), NullLoggerFactory.Instance);

    /// <summary>As it was configured.</summary>
    public Uri Uri { get; }

    /// <summary>Where it really listens, with the port that the system chose; null while it is not open.</summary>
    public EndPoint? EndPoint => Volatile.Read(ref _listener)?.EndPoint;

    /// <summary>Why it is not open, in a sentence; null when it is, or was not tried yet.</summary>
    public string? Problem { get; private set; }

    /// <exception cref="MqttBrokerException">It cannot be opened; the message says why.</exception>
    internal async Task OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            var endPoint = await ListenerAddress.ResolveAsync(Uri, cancellationToken);
            Volatile.Write(ref _listener, await _factory.BindAsync(endPoint, cancellationToken));
            Problem = null;
            Log.Listening(_logger, Uri, EndPoint!);
        }
        catch (Exception e) when (e is AddressInUseException or SocketException or IOException)
        {
            Problem = e is AddressInUseException
                ? $"{Uri} cannot be listened on: another program has the port."
                : $"{Uri} cannot be listened on: {e.Message}";
            throw new MqttBrokerException(Problem, e);
        }
    }

    /// <summary>Serves connections until cancelled; opens the listener again, with pauses, whenever it is not open.</summary>
    internal async Task RunAsync(TimeSpan retryInterval, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var isReported = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            if (_listener is null)
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

            await AcceptAsync(cancellationToken);
        }
    }

    /// <summary>Not while <see cref="RunAsync"/> runs, which closes it itself.</summary>
    internal async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _listener, null) is { } listener)
        {
            await listener.UnbindAsync(CancellationToken.None);
            await listener.DisposeAsync();
        }
    }

    private async Task AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await _listener!.AcceptAsync(cancellationToken) is { } connection)
            {
                // Its failures are logged there, and its end is awaited when the broker stops.
                _ = _broker.ServeAsync(connection);
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            Log.AcceptFailed(_logger, e, Uri);
        }

        await CloseAsync();
    }
}
