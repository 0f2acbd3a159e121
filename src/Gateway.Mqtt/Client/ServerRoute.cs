using System.Globalization;
using System.Net;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Transport;

namespace Gateway.Mqtt.Client;

/// <summary>
/// The servers to try, in order: those that one referred to for now, until none of them accepts; those that one moved to for good; and
/// those of the options, which stay as a way back. MQTT 5.0 §4.11. Not thread-safe.
/// </summary>
internal sealed class ServerRoute(IReadOnlyList<Uri> configured, IReadOnlyList<string> allowedReferences)
{
    private const int MaximumHops = 5;

    private IReadOnlyList<Uri> _forNow = [];
    private IReadOnlyList<Uri> _forGood = [];
    private int _hops; // of this attempt
    private int _moves; // from connections, since the last pause

    /// <summary>The servers, the most wanted first.</summary>
    public IReadOnlyList<Uri> Servers => [.. _forNow.Concat(_forGood).Concat(configured).Distinct()];

    /// <summary>The servers that come before one; none for one that does not belong to them.</summary>
    public IReadOnlyList<Uri> Before(Uri server) => Servers is var all && all.Contains(server) ? [.. all.TakeWhile(other => other != server)] : [];

    /// <summary>A server has refused the connection: within one attempt five references are followed.</summary>
    /// <param name="from">That server.</param>
    /// <param name="reasonCode">Its Reason Code.</param>
    /// <param name="reference">Its Server Reference; null: none.</param>
    /// <returns>Whether <see cref="Servers"/> now begins with where it refers to.</returns>
    public bool TryFollow(Uri from, ReasonCode reasonCode, string? reference) => TryFollow(from, reasonCode, reference, ref _hops);

    /// <summary>A server has ended the connection: five references are followed without a pause between them.</summary>
    /// <inheritdoc cref="TryFollow(Uri, ReasonCode, string?)"/>
    public bool TryMove(Uri from, ReasonCode reasonCode, string? reference) => TryFollow(from, reasonCode, reference, ref _moves);

    /// <summary>An attempt is over: where the client was sent for now is forgotten, unless it is there.</summary>
    /// <param name="accepted">Who accepted; null: nobody.</param>
    public void AttemptEnded(Uri? accepted)
    {
        _hops = 0;
        _forNow = accepted is not null && _forNow.Contains(accepted) ? _forNow : [];
    }

    /// <summary>A connection has lasted, or there was a pause: servers that send the client in a circle slow it down, for no longer than they do.</summary>
    public void Rested() => _moves = 0;

    private bool TryFollow(Uri from, ReasonCode reasonCode, string? reference, ref int followed)
    {
        if (reasonCode is not (ReasonCode.UseAnotherServer or ReasonCode.ServerMoved) || reference is null || followed == MaximumHops)
        {
            return false;
        }

        List<Uri> servers = [.. reference.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => Resolve(text, from)).OfType<Uri>()];
        if (servers.Count == 0)
        {
            return false;
        }

        followed++;
        (_forNow, _forGood) = reasonCode == ReasonCode.ServerMoved ? ([], servers) : (servers, _forGood);
        return true;
    }

    // host[:port], an IPv6 address in brackets if there is a port.
    private Uri? Resolve(string text, Uri from)
    {
        if (from.Scheme == "unix")
        {
            return null;
        }

        var (host, port) = (text, "");
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            (host, port) = end < 0 ? ("", "") : (text[1..end], text[(end + 1)..]);
        }
        else if (text.Count(c => c == ':') == 1)
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            (host, port) = (text[..colon], text[colon..]);
        }

        var isAddress = IPAddress.TryParse(host, out var address);
        if ((!isAddress && Uri.CheckHostName(host) != UriHostNameType.Dns)
            || (port.Length > 0 && !(port[0] == ':' && ushort.TryParse(port.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out _))))
        {
            return null;
        }

        var authority = address?.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : host;
        return MqttServerUri.TryParse($"{from.Scheme}://{authority}{port}{from.PathAndQuery}", out var server, out _) && (configured.Contains(server) || IsAllowed(host, isAddress)) ? server : null;
    }

    // The zone of an address may be any text: it is no name.
    private bool IsAllowed(string host, bool isAddress) => allowedReferences.Any(allowed =>
        allowed == "*"
        || string.Equals(allowed, host, StringComparison.OrdinalIgnoreCase)
        || (!isAddress && allowed.StartsWith("*.", StringComparison.Ordinal) && host.Length > allowed.Length - 1
            && host.EndsWith(allowed[1..], StringComparison.OrdinalIgnoreCase)));
}
