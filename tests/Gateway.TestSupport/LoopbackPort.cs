using System.Net;
using System.Net.Sockets;

namespace Gateway.TestSupport;

/// <summary>Ports for programs that cannot choose one themselves.</summary>
public static class LoopbackPort
{
    /// <summary>A TCP port that nobody listened on a moment ago.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
