using System.Net;
using System.Net.Sockets;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>The socket that a listener listens on: its own, or one that the broker was given and somebody else holds too.</summary>
internal sealed class ListenerSocket : IDisposable
{
    // Whoever is of the service's group may connect.
    private const UnixFileMode UnixSocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    // Two listeners would take each other's clients at random.
    private static readonly HashSet<Socket> Taken = [];

    private ListenerSocket(Socket socket, bool isInherited)
    {
        Socket = socket;
        IsInherited = isInherited;
    }

    /// <summary>Bound; whether it listens already is the same to whoever has it listen.</summary>
    public Socket Socket { get; }

    /// <summary>Whether it outlives the listener.</summary>
    public bool IsInherited { get; }

    /// <summary>The one of the inherited sockets that has the address, else a new one.</summary>
    /// <exception cref="SocketException">The system refuses; <see cref="SocketError.AddressAlreadyInUse"/> when somebody else listens there.</exception>
    /// <exception cref="IOException">Another listener has the inherited one, or what is in the way of a Unix socket is no socket, or cannot be removed.</exception>
    public static ListenerSocket Open(EndPoint endPoint, IReadOnlyList<Socket> inherited)
    {
        if (inherited.FirstOrDefault(socket => Has(socket, endPoint)) is not { } given)
        {
            return new(Bind(endPoint), isInherited: false);
        }

        lock (Taken)
        {
            return Taken.Add(given) ? new(given, isInherited: true) : throw new IOException("another listener of the broker has the socket of systemd that is for this address.");
        }
    }

    /// <summary>Whether a socket has just this address.</summary>
    public static bool Has(Socket socket, EndPoint endPoint)
        => endPoint is UnixDomainSocketEndPoint ? socket.LocalEndPoint is UnixDomainSocketEndPoint && socket.LocalEndPoint.ToString() == endPoint.ToString() : endPoint.Equals(socket.LocalEndPoint);

    /// <summary>One that is inherited stays open: who waits there is served by the next listener, or the next process.</summary>
    public void Dispose()
    {
        if (!IsInherited)
        {
            Socket.Dispose();
            return;
        }

        lock (Taken)
        {
            Taken.Remove(Socket);
        }
    }

    private static Socket Bind(EndPoint endPoint)
    {
        // For TCP by its name the address may be taken while connections of an earlier run are still in TIME_WAIT.
        var protocol = endPoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol);
        try
        {
            if (endPoint is UnixDomainSocketEndPoint)
            {
                var path = endPoint.ToString()!;
                if (Path.GetDirectoryName(path) is { } folder && !Directory.Exists(folder))
                {
                    throw new IOException($"there is no folder {folder}.");
                }

                RemoveAbandoned(path, endPoint);
                socket.Bind(endPoint);
                if (!OperatingSystem.IsWindows())
                {
                    File.SetUnixFileMode(path, UnixSocketMode);
                }

                return socket;
            }

            // One socket for both families, as people who write [::] expect.
            if (endPoint is IPEndPoint { Address: var address } && address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A process that was killed leaves its socket behind, where nobody answers. Anything that holds bytes is no socket.</summary>
    private static void RemoveAbandoned(string path, EndPoint endPoint)
    {
        if (!Path.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && new FileInfo(path) is { Exists: true, Length: 0 })
        {
            File.Delete(path);
            return;
        }
        catch (SocketException e)
        {
            throw new IOException($"{path} is there already, and is no socket that was left behind.", e);
        }

        throw new SocketException((int)SocketError.AddressAlreadyInUse);
    }
}
