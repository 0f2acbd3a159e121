using System.Net;
using System.Net.Sockets;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>What the URL of a listener says.</summary>
internal static class ListenerAddress
{
    private const int DefaultPort = 1883;

    /// <summary>Null when the URL can be listened on; else a sentence.</summary>
    public static string? Check(Uri uri)
        => !uri.IsAbsoluteUri || uri.Scheme != "mqtt" || uri.Host.Length == 0
            ? $"\"{uri.OriginalString}\" is not a listener this broker knows; write mqtt://HOST:PORT."
            : uri.AbsolutePath is not ("" or "/") || uri.UserInfo.Length > 0 || uri.Query.Length > 0
                ? $"\"{uri.OriginalString}\" has more than host and port; write mqtt://{uri.Authority}."
                : null;

    /// <summary>A name other than localhost counts as beyond this machine, wherever it leads.</summary>
    public static bool IsLoopback(Uri uri)
        => IsLocalHost(uri) || (IPAddress.TryParse(uri.DnsSafeHost, out var address) && IPAddress.IsLoopback(address));

    /// <summary>The address to bind; a name is looked up.</summary>
    /// <exception cref="SocketException">The name is not known.</exception>
    public static async Task<IPEndPoint> ResolveAsync(Uri uri, CancellationToken cancellationToken)
    {
        var port = uri.Port < 0 ? DefaultPort : uri.Port;
        if (IsLocalHost(uri))
        {
            return new IPEndPoint(IPAddress.Loopback, port);
        }

        if (!IPAddress.TryParse(uri.DnsSafeHost, out var address))
        {
            address = (await Dns.GetHostAddressesAsync(uri.DnsSafeHost, cancellationToken))[0];
        }

        return new IPEndPoint(address, port);
    }

    private static bool IsLocalHost(Uri uri) => string.Equals(uri.Host, "localhost", StringComparison.OrdinalIgnoreCase);
}
