using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>What the URL of a listener says.</summary>
internal static class ListenerAddress
{
    // Of sockaddr_un, less the NUL.
    private const int LongestUnixPath = 107;

    private static readonly Dictionary<string, int> DefaultPorts = new()
    {
        ["mqtt"] = 1883,
        ["mqtts"] = 8883,
        ["ws"] = 80,
        ["wss"] = 443,
    };

    /// <summary>Null when the URL can be listened on; else a sentence.</summary>
    public static string? Check(Uri uri)
    {
        if (uri.IsAbsoluteUri && uri.Scheme == "unix")
        {
            return uri.Host.Length > 0 || UnixPath(uri) is not ['/', _, ..] || uri.Query.Length > 0 || uri.Fragment.Length > 0
                ? $"\"{uri.OriginalString}\" names no socket; write unix:/PATH."
                : Encoding.UTF8.GetByteCount(UnixPath(uri)) > LongestUnixPath
                    ? $"\"{uri.OriginalString}\" is too long: the path of a Unix socket has at most {LongestUnixPath} bytes."
                    : null;
        }

        if (!uri.IsAbsoluteUri || !DefaultPorts.ContainsKey(uri.Scheme) || uri.Host.Length == 0)
        {
            return $"\"{uri.OriginalString}\" is not a listener this broker knows; write mqtt://HOST:PORT, mqtts://, ws://, wss:// or unix:/PATH.";
        }

        return uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0 || (!IsWebSocket(uri) && uri.AbsolutePath is not ("" or "/"))
            ? $"\"{uri.OriginalString}\" has more than host and port; write {uri.Scheme}://{uri.Authority}."
            : null;
    }

    public static bool IsTls(Uri uri) => uri.Scheme is "mqtts" or "wss";

    public static bool IsWebSocket(Uri uri) => uri.Scheme is "ws" or "wss";

    /// <summary>Whether only this machine reaches it. A name other than localhost counts as beyond, wherever it leads.</summary>
    public static bool IsLocal(Uri uri)
        => uri.Scheme == "unix" || IsLocalHost(uri) || (IPAddress.TryParse(uri.DnsSafeHost, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Of an address that has one.</summary>
    public static int PortOf(Uri uri) => uri.Port >= 0 ? uri.Port : DefaultPorts.GetValueOrDefault(uri.Scheme);

    /// <summary>The address to bind; a name is looked up.</summary>
    /// <exception cref="SocketException">The name is not known.</exception>
    public static async Task<EndPoint> ResolveAsync(Uri uri, CancellationToken cancellationToken)
    {
        if (uri.Scheme == "unix")
        {
            return new UnixDomainSocketEndPoint(UnixPath(uri));
        }

        var port = PortOf(uri);
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

    private static string UnixPath(Uri uri) => Uri.UnescapeDataString(uri.AbsolutePath);

    private static bool IsLocalHost(Uri uri) => string.Equals(uri.Host, "localhost", StringComparison.OrdinalIgnoreCase);
}
