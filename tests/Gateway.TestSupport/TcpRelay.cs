using System.Net;
using System.Net.Sockets;

namespace Gateway.TestSupport;

/// <summary>
/// Stands between clients and a server on a free loopback port, as good or bad a network as a test wants. Thread-safe.
/// </summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private const int Segment = 1460;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _serverPort;
    private readonly Lock _gate = new();
    private readonly List<(Socket Client, Socket Server)> _connections = [];
    private readonly List<Socket> _abandoned = [];
    private readonly List<Task> _copies = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private volatile bool _isSilent;

    private TcpRelay(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, as an MQTT server's address.</summary>
    public Uri Uri => new($"mqtt://{_listener.LocalEndpoint}");

    /// <summary>How long what is sent takes to the other side. Default none.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>How many bytes a second pass in each direction of a connection; null, the default: as many as come.</summary>
    public int? BytesPerSecond { get; set; }

    /// <summary>Whether nothing passes, in new connections either; what was sent meanwhile passes afterwards, as TCP has it. Default no.</summary>
    public bool IsSilent
    {
        get => _isSilent;
        set => _isSilent = value;
    }

    /// <summary>Begins to relay to a port of this machine.</summary>
    public static TcpRelay Start(int serverPort) => new(serverPort);

    /// <summary>Both sides see their connections reset.</summary>
    public void Reset()
    {
        foreach (var (client, server) in TakeConnections())
        {
            Reset(client);
            Reset(server);
        }
    }

    /// <summary>Clients see their connections reset, the server does not: it goes on waiting for them.</summary>
    public void Abandon()
    {
        foreach (var (client, server) in TakeConnections())
        {
            Reset(client);
            lock (_gate)
            {
                _abandoned.Add(server);
            }
        }
    }

    /// <summary>The server says that it sends no more, and goes on listening; the clients' direction stays open.</summary>
    public void CloseHalf()
    {
        lock (_gate)
        {
            foreach (var (client, _) in _connections)
            {
                client.Shutdown(SocketShutdown.Send);
            }
        }
    }

    /// <summary>Resets all connections, and takes no more.</summary>
    public async Task CutAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        Reset();
        lock (_gate)
        {
            _abandoned.ForEach(Reset);
            _abandoned.Clear();
        }

        await Task.WhenAll(_copies);
    }

    public async ValueTask DisposeAsync()
    {
        await CutAsync();
        _listener.Dispose();
        _stopping.Dispose();
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    private List<(Socket Client, Socket Server)> TakeConnections()
    {
        lock (_gate)
        {
            List<(Socket, Socket)> taken = [.. _connections];
            _connections.Clear();
            return taken;
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[Segment];
        try
        {
            while (await from.ReceiveAsync(buffer, _stopping.Token) is > 0 and var count)
            {
                var wait = Delay + (BytesPerSecond is { } speed ? TimeSpan.FromSeconds((double)count / speed) : TimeSpan.Zero);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, TimeProvider.System, _stopping.Token);
                }

                while (_isSilent)
                {
                    await Task.Delay(Look, TimeProvider.System, _stopping.Token);
                }

                await to.SendAsync(buffer.AsMemory(0, count), _stopping.Token);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side is gone, or both were cut.
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stopping.Token);
                client.NoDelay = true;
                var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await server.ConnectAsync(IPAddress.Loopback, _serverPort, _stopping.Token);
                }
                catch (SocketException)
                {
                    // The server is away.
                    Reset(client);
                    server.Dispose();
                    continue;
                }

                lock (_gate)
                {
                    _connections.Add((client, server));
                    _copies.AddRange([CopyAsync(client, server), CopyAsync(server, client)]);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Stopped.
        }
    }
}
