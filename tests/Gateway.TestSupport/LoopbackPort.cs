using System.Net;
using System.Net.Sockets;

namespace Gateway.TestSupport;

/// <summary>Ports for programs that cannot choose one themselves.</summary>
public static class LoopbackPort
{
    /// <summary>
    /// A TCP port that nobody listened on a moment ago. It is below those that the kernel gives to outgoing connections (32768 and up):
    /// one of them could take it meanwhile, and a client that tries again and again before the server is there would at last connect to itself.
    /// </summary>
    public static int Free()
    {
        while (true)
        {
            var port = Random.Shared.Next(10_000, 32_768);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next one, then.
            }
        }
    }
}
