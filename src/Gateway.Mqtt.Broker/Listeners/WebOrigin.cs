using System.Net;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>
/// Which web pages may connect. A browser lets every page that somebody visits reach his loopback and his local
/// network, and says where the page is from in Origin; programs send none. RFC 6455 §10.2.
/// </summary>
internal static class WebOrigin
{
    /// <summary>Null when it can be compared with an Origin; else a sentence.</summary>
    public static string? Check(string allowed)
        => allowed == "*" || (Parse(allowed) is { } uri && string.Equals(uri.GetLeftPart(UriPartial.Authority), allowed.TrimEnd('/'), StringComparison.OrdinalIgnoreCase))
            ? null
            : $"\"{allowed}\" is not the origin of web pages; write https://HOST, https://HOST:PORT, or * for all.";

    /// <param name="origin">The header of the request.</param>
    /// <param name="host">What the page calls this host: the Host header, without its port.</param>
    /// <param name="allowed">Each checked by <see cref="Check"/>.</param>
    /// <param name="isAnonymous">Whoever connects is let in: nothing but the page's host stands between it and the broker.</param>
    public static bool IsAllowed(string origin, string host, IReadOnlyList<string> allowed, bool isAnonymous)
        => allowed.Any(one => one == "*" || string.Equals(one.TrimEnd('/'), origin, StringComparison.OrdinalIgnoreCase))
            || (Parse(origin) is { } uri && IsSameHost(uri.DnsSafeHost, host.Trim('[', ']'), isAnonymous));

    // A page of this very host, whatever its port. Where everybody is let in, only by a name that cannot be made to lead
    // here by somebody else's name server, or the page would merely have to call itself by it.
    private static bool IsSameHost(string page, string host, bool isAnonymous)
        => (IsLoopback(page) && IsLoopback(host))
            || (string.Equals(page, host, StringComparison.OrdinalIgnoreCase) && (!isAnonymous || IPAddress.TryParse(host, out _) || IsOwnName(host)));

    private static bool IsLoopback(string host)
        => string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static bool IsOwnName(string host)
        => string.Equals(host, Environment.MachineName, StringComparison.OrdinalIgnoreCase)
            || string.Equals(host, $"{Environment.MachineName}.local", StringComparison.OrdinalIgnoreCase);

    private static Uri? Parse(string origin)
        => Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0 ? uri : null;
}
