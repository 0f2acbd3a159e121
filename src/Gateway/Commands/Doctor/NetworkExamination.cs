using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Gateway.Runtime.Configuration;

namespace Gateway.Commands.Doctor;

/// <summary>
/// The network: an address of its own, whether brokers upstream can be reached, and whether the gateway's own listeners have their ports. A broker is
/// connected to and not logged in at: with the gateway's client identifier that would throw the gateway out.
/// </summary>
internal static class NetworkExamination
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<Finding>> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var findings = new List<Finding> { ExamineInterfaces() };
        if (patient.Configuration.Options is not { } options)
        {
            return findings;
        }

        var connections = options.Bridge is { } bridge ? options.Uplinks.Append(bridge.Connection) : options.Uplinks;
        var brokers = connections.SelectMany(uplink => uplink.Urls.Select(url => (url, uplink.Tls))).Distinct();
        findings.AddRange(await Task.WhenAll(brokers.Select(broker => ReachAsync(broker.url, broker.Tls, "broker", patient.TimeProvider, cancellationToken))));
        if (options.Metrics.Otlp is { } collector)
        {
            findings.Add(await ReachAsync(collector, new UplinkTlsOptions(), "collector", patient.TimeProvider, cancellationToken));
        }

        if (patient.Status is null)
        {
            findings.AddRange(options.Broker.Listen.Select(url => (url, "broker")).Concat(options.Web.Listen.Select(url => (url, "page"))).Select(place => TryListen(place.url, place.Item2)).OfType<Finding>());
        }

        findings.AddRange((patient.Status?.Uplinks ?? []).Where(uplink => !uplink.IsConnected).Select(uplink =>
            new Finding("uplink", Verdict.Wrong, $"{uplink.Name} at {uplink.Url} is away: {uplink.Reason}", "readings wait in the queue meanwhile; look at the address, the password and the broker's log")));
        return findings;
    }

    private static Finding ExamineInterfaces()
    {
        var addresses = NetworkInterface.GetAllNetworkInterfaces()
            .Where(each => each.OperationalStatus == OperationalStatus.Up && each.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(each => each.GetIPProperties().UnicastAddresses)
            .Select(address => address.Address)
            .Where(address => !address.IsIPv6LinkLocal)
            .ToArray();
        return addresses.Length > 0
            ? Finding.Fine("network", $"this machine is {string.Join(", ", addresses.Select(address => address.ToString()))}")
            : new("network", Verdict.Doubtful, "no interface has an address but the loopback's", "plug in the cable, or set up the wireless network: 'ip address' shows what there is");
    }

    private static async Task<Finding> ReachAsync(Uri url, UplinkTlsOptions tls, string what, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var place = $"{url.Scheme}://{url.Host}:{url.Port}";
        using var patience = new CancellationTokenSource(Patience, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(url.DnsSafeHost, linked.Token);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(addresses, url.Port, linked.Token);
            return url.Scheme is "mqtts" or "wss" or "https"
                ? await CertificateExamination.ExamineServerAsync(socket, url, tls.ToClient(), what, timeProvider.GetUtcNow(), linked.Token)
                : Finding.Fine(what, $"{place} accepts connections");
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain)
        {
            return new(what, Verdict.Wrong, $"the name {url.Host} is not known", "look at the spelling, and at the name server in /etc/resolv.conf");
        }
        catch (SocketException exception)
        {
            return new(what, Verdict.Wrong, $"{place} cannot be reached: {exception.Message.TrimEnd('.')}", $"look whether the {what} runs, listens on that port and is let through by the firewall");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(what, Verdict.Wrong, $"{place} does not answer within {Patience.TotalSeconds:0} s", "look at cables, routes and the firewall: 'ping' and 'traceroute' show how far it goes");
        }
    }

    private static Finding? TryListen(Uri url, string what)
    {
        if (url.Port <= 0 || !IPAddress.TryParse(url.DnsSafeHost == "localhost" ? "127.0.0.1" : url.DnsSafeHost, out var address))
        {
            return null;
        }

        try
        {
            using var listener = new TcpListener(address, url.Port);
            listener.Start();
            return Finding.Fine("port", $"{url.Port} is free for the {what}");
        }
        catch (SocketException exception)
        {
            return new("port", Verdict.Wrong, $"the {what} cannot listen on {url.Host}:{url.Port}: {exception.Message.TrimEnd('.')}", $"'ss -ltnp sport = :{url.Port}' shows who has it: stop that, or choose another port");
        }
    }
}
