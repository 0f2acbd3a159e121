using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Security;
using Gateway.Modbus.Server;
using Gateway.Shared;
using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.Modbus;

/// <summary>Accepts connections for a Modbus server, plain or with TLS. Dispose it to stop listening and to end its connections.</summary>
public sealed class ModbusListener : IAsyncDisposable
{
    /// <summary>Connections that wait, for a place or for their handshake, beside those that are served.</summary>
    private const int MaxHandshakes = 64;

    /// <summary>Seconds without a byte until a client is asked whether it is still there.</summary>
    private const int KeepAliveTime = 60;

    /// <summary>Seconds between such questions.</summary>
    private const int KeepAliveInterval = 10;

    /// <summary>Questions without an answer that end the connection.</summary>
    private const int KeepAliveProbes = 3;

    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    private readonly ModbusServer _server;
    private readonly ModbusFraming _framing;
    private readonly Func<ModbusTls>? _tls;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly LogPace _failures;
    private readonly LogPace _refusals;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private int _handshakes;

    /// <param name="server">Serves the connections, and bounds them.</param>
    /// <param name="endPoint">Where to listen; port 0 takes a free one.</param>
    /// <param name="framing">TCP, or RTU for RTU over TCP.</param>
    /// <param name="tls">Modbus/TCP Security, made for each connection so that renewed certificates are taken up; null: without.</param>
    /// <param name="timeProvider">The clock of pauses and handshakes.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    /// <exception cref="SocketException">The address cannot be had: another program has it, or this machine does not.</exception>
    public ModbusListener(ModbusServer server, IPEndPoint endPoint, ModbusFraming framing, Func<ModbusTls>? tls, TimeProvider timeProvider, ILogger logger)
    {
        _server = server;
        _framing = framing;
        _tls = tls;
        _timeProvider = timeProvider;
        _logger = logger;
        _failures = new LogPace(timeProvider);
        _refusals = new LogPace(timeProvider);
        _listener = new TcpListener(endPoint);
        _listener.Start();
        EndPoint = (IPEndPoint)_listener.LocalEndpoint;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        while (await AcceptOneAsync() is { } socket)
        {
            connections.RemoveAll(connection => connection.IsCompleted);
            Configure(socket);
            connections.Add(ServeAsync(new NetworkStream(socket, ownsSocket: true), socket.RemoteEndPoint?.ToString() ?? "?"));
        }

        await Task.WhenAll(connections);
    }

    // A client that vanished without a word must not keep its place.
    private static void Configure(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveTime);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveInterval);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
    }

    private async Task<Socket?> AcceptOneAsync()
    {
        while (true)
        {
            try
            {
                return await _listener.AcceptSocketAsync(_stopping.Token);
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return null;
            }
            catch (SocketException e)
            {
                // A client that was gone before it was accepted, or no descriptor left: neither ends the listening.
                if (_failures.TryTake(out var more))
                {
                    Log.AcceptFailed(_logger, e.Message, more);
                }

                await Task.Delay(AcceptPause, _timeProvider, CancellationToken.None);
            }
        }
    }

    private async Task ServeAsync(Stream stream, string client)
    {
        if (_tls is null)
        {
            await _server.ServeAsync(stream, _framing, new ModbusPeer(client), _stopping.Token);
        }
        else if (await SecureAsync(_tls, stream, client) is var (secured, peer))
        {
            await _server.ServeAsync(secured, _framing, peer, _stopping.Token);
        }
    }

    private async Task<(Stream Stream, ModbusPeer Peer)?> SecureAsync(Func<ModbusTls> tls, Stream stream, string client)
    {
        using var timeout = new CancellationTokenSource(HandshakeTimeout, _timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopping.Token);
        try
        {
            if (Interlocked.Increment(ref _handshakes) <= MaxHandshakes)
            {
                return await tls().AuthenticateAsServerAsync(stream, client, either.Token);
            }

            await stream.DisposeAsync();
            return null;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            if (_refusals.TryTake(out var more))
            {
                Log.ClientTurnedAway(_logger, client, e.Message, more);
            }

            await stream.DisposeAsync();
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _handshakes);
        }
    }
}
