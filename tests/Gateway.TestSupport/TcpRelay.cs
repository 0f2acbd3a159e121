using System.Net;
using System.Net.Sockets;

namespace Gateway.TestSupport;

/// <summary>Stands between a client and a server on a free loopback port, until it is cut: then both see their connections reset.</summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _serverPort;
    private readonly List<Socket> _connections = [];
    private readonly List<Task> _copies = [];
    private readonly Task _accepting;

    private TcpRelay(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, as an MQTT server's address.</summary>
    public Uri Uri => new($"mqtt://{_listener.LocalEndpoint}");

    /// <summary>Begins to relay to a port of this machine.</summary>
    public static TcpRelay Start(int serverPort) => new(serverPort);

    /// <summary>Resets all connections, and takes no more.</summary>
    public async Task CutAsync()
    {
        _listener.Stop();
        await _accepting;
        foreach (var connection in _connections)
        {
            connection.LingerState = new LingerOption(true, 0);
            connection.Dispose();
        }

        _connections.Clear();
        await Task.WhenAll(_copies);
    }

    public async ValueTask DisposeAsync()
    {
        await CutAsync();
        _listener.Dispose();
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        try
        {
            await using var source = new NetworkStream(from);
            await using var target = new NetworkStream(to);
            await source.CopyToAsync(target);
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
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
                var client = await _listener.AcceptSocketAsync();
                _connections.Add(client);
                var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                _connections.Add(server);
                await server.ConnectAsync(IPAddress.Loopback, _serverPort);
                _copies.AddRange([CopyAsync(client, server), CopyAsync(server, client)]);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }
}
