using System.Net;
using Gateway.DeviceMaps;

namespace Gateway.Runtime.Configuration;

/// <summary>Addresses that people write as URLs.</summary>
internal static class Address
{
    private static readonly Dictionary<string, int> DefaultPorts = new()
    {
        ["mqtt"] = 1883,
        ["mqtts"] = 8883,
        ["ws"] = 80,
        ["wss"] = 443,
        ["http"] = 80,
        ["https"] = 443,
    };

    private static readonly Dictionary<string, string> OtherNames = new()
    {
        ["tcp"] = "mqtt",
        ["ssl"] = "mqtts",
        ["tls"] = "mqtts",
        ["mqtt+ssl"] = "mqtts",
        ["http"] = "ws",
        ["https"] = "wss",
    };

    /// <summary>Reads a URL with one of some schemes.</summary>
    /// <param name="text">What the person wrote.</param>
    /// <param name="schemes">The schemes that are allowed.</param>
    /// <param name="url">The URL, its port always there.</param>
    /// <returns>Why it is none, a sentence; null if it is one.</returns>
    public static string? Parse(string text, string[] schemes, out Uri? url)
    {
        url = null;
        var isSocket = text.StartsWith("unix:", StringComparison.Ordinal);

        // First of all: whatever else is wrong, a password belongs in no message.
        if (!isSocket && UrlText.WithoutUser(text) is var shown && shown != text)
        {
            return $"user and password do not belong in an address; write '{shown}', and use 'username' and 'password-file'";
        }

        if (isSocket && schemes.Contains("unix"))
        {
            url = Uri.TryCreate(text, UriKind.Absolute, out var socket) && socket.Host.Length == 0 && socket.AbsolutePath.StartsWith('/') ? socket : null;
            return url is null ? $"the address of a Unix socket has the form unix:/PATH, found '{text}'" : null;
        }

        var separator = text.IndexOf("://", StringComparison.Ordinal);
        var scheme = separator < 0 ? "" : text[..separator];
        if (!schemes.Contains(scheme))
        {
            var rest = separator < 0 ? text : text[(separator + 3)..];
            var meant = OtherNames.TryGetValue(scheme, out var other) && schemes.Contains(other) ? other : schemes[0];
            rest = rest.All(char.IsAsciiDigit) ? $"127.0.0.1:{rest}" : rest;
            return $"an address here begins with {List(schemes)}, found '{text}'; did you mean '{meant}://{rest}'?";
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var parsed) || parsed.Host.Length == 0 || parsed.Port > 65535)
        {
            return $"an address has the form {scheme}://HOST:PORT, found '{text}'";
        }

        if (parsed.Query.Length > 0 || parsed.Fragment.Length > 0 || (scheme is "mqtt" or "mqtts" or "http" or "https" && parsed.AbsolutePath is not ("" or "/")))
        {
            return $"this address has more than host and port; write '{scheme}://{parsed.Authority}'";
        }

        url = new UriBuilder(parsed) { Port = parsed.Port < 0 ? DefaultPorts[scheme] : parsed.Port }.Uri;
        return null;
    }

    /// <summary>Whether only this machine reaches the address. A name other than localhost counts as beyond, wherever it leads.</summary>
    public static bool IsLoopback(Uri url) =>
        string.Equals(url.Host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Whether what goes to the address, or is sent to it as a listener, passes over a network without encryption.</summary>
    public static bool IsReadableOnTheWay(Uri url) => url.Scheme is "mqtt" or "ws" or "http" && !IsLoopback(url);

    /// <summary>Whether a connection to <paramref name="url"/> from this machine ends at <paramref name="listener"/>.</summary>
    public static bool LeadsTo(Uri url, Uri listener, string hostName)
    {
        if (url.Port != listener.Port || listener.Scheme == "unix")
        {
            return false;
        }

        var isAny = IPAddress.TryParse(listener.DnsSafeHost, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
        var isHere = IsLoopback(url) || string.Equals(url.Host, hostName, StringComparison.OrdinalIgnoreCase);
        return isHere && (isAny || IsLoopback(listener)) || string.Equals(url.Host, listener.Host, StringComparison.OrdinalIgnoreCase);
    }

    private static string List(string[] schemes)
    {
        var quoted = schemes.Select(scheme => scheme == "unix" ? "unix:/" : $"{scheme}://").ToArray();
        return quoted.Length == 1 ? quoted[0] : $"{string.Join(", ", quoted[..^1])} or {quoted[^1]}";
    }
}
