using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.Mqtt.Authentication;
using Gateway.Mqtt.Packets;

namespace Gateway.Runtime.Configuration;

/// <summary>Turns the section <c>uplink</c> into options, and what <c>bridge</c> has of the same keys.</summary>
internal sealed class UplinkReader(
    ISourceFiles files, ConfigurationPlace place, Func<string, string?> environment, ICollection<Diagnostic> diagnostics, UplinkReader.Names names)
{
    /// <summary>The names for an uplink that is the only one.</summary>
    public static readonly Names OfUplink = new("uplink", "-gateway", "GATEWAY_UPLINK_PASSWORD", "uplink.password");

    /// <summary>The names for the bridge.</summary>
    public static readonly Names OfBridge = new("bridge", "-bridge", "GATEWAY_BRIDGE_PASSWORD", "bridge.password");

    private const int LongestPassword = 65_535;

    private static readonly string[] Schemes = ["mqtt", "mqtts", "ws", "wss"];

    /// <summary>The names for one of several uplinks.</summary>
    public static Names OfUplinkNamed(string name) =>
        new("uplink", $"-{name}-gateway", $"GATEWAY_UPLINK_{name.ToUpperInvariant().Replace('-', '_')}_PASSWORD", $"uplink.{name}.password");

    /// <summary>The options; null where something is wrong, which is reported.</summary>
    public UplinkOptions? Read(Settings uplink, string site, IReadOnlyList<Uri> ownListeners)
    {
        var urls = ReadUrls(uplink, ownListeners);
        var protocol = !uplink.TryGet<string>("protocol", out var version) ? ProtocolVersion.V50 : version switch
        {
            "3.1" => ProtocolVersion.V31,
            "3.1.1" => ProtocolVersion.V311,
            _ => ProtocolVersion.V50,
        };
        var username = uplink.TryGet<string>("username", out var name) ? name : null;
        var password = ReadPassword(uplink);
        if (password is not null && username is null && protocol != ProtocolVersion.V50)
        {
            diagnostics.Add(Diagnostic.Error(uplink.Locate("password-file"), $"MQTT {version} takes a password only with a user name; add 'username'"));
        }

        var usesScram = uplink.TryGet<string>("authentication", out var authentication) && authentication == "scram-sha-256";
        if (usesScram && protocol != ProtocolVersion.V50)
        {
            diagnostics.Add(Diagnostic.Error(uplink.Locate("authentication"), $"MQTT {version} has no scram-sha-256; remove 'protocol'"));
        }
        else if (usesScram && (username is null || password is null))
        {
            diagnostics.Add(Diagnostic.Error(uplink.Locate("authentication"), $"scram-sha-256 needs a user name and a password; add '{(username is null ? "username" : "password-file")}'"));
        }

        else if (usesScram && !CanBeProved(username!, password!))
        {
            diagnostics.Add(Diagnostic.Error(uplink.Locate("authentication"), "scram-sha-256 takes no user name or password with control characters; change them, or remove 'authentication'"));
        }
        else if (!usesScram && password is not null && urls.Find(Address.IsReadableOnTheWay) is { } open)
        {
            diagnostics.Add(Diagnostic.Warning(uplink.Locate("url"), $"the password goes to {open.Scheme}://{open.Authority} without encryption and can be read on the way; write {open.Scheme}s:// where the broker has TLS"));
        }

        return new UplinkOptions
        {
            Urls = urls,
            Protocol = protocol,
            ClientId = uplink.TryGet<string>("client-id", out var clientId) ? clientId : site + names.ClientIdEnding,
            Username = username,
            Password = password,
            UsesScram = usesScram,
            QoS = uplink.TryGet<long>("qos", out var qos) ? (QualityOfService)qos : QualityOfService.AtLeastOnce,
            FailBack = ReadFailBack(uplink),
            AcknowledgeTimeout = uplink.TryGet<TimeSpan>("ack-timeout", out var timeout) ? timeout : default,
            ParkAfter = uplink.TryGet<long>("park-after", out var refusals) ? (int)refusals : 0,
            FollowReferences = ReadReferences(uplink, protocol),
            Tls = ReadTls(uplink, urls),
        };
    }

    // 'never' is a text, any other value a duration.
    private static TimeSpan? ReadFailBack(Settings uplink) => uplink.TryGet<object>("fail-back", out var quiet) && quiet is TimeSpan duration ? duration : null;

    private IReadOnlyList<string> ReadReferences(Settings uplink, ProtocolVersion protocol)
    {
        if (!uplink.TryGet<IReadOnlyList<string>>("follow-references", out var hosts))
        {
            return [];
        }

        foreach (var host in hosts)
        {
            var name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
            if (host != "*" && Uri.CheckHostName(name) == UriHostNameType.Unknown)
            {
                diagnostics.Add(Diagnostic.Error(uplink.Locate("follow-references"), $"'{host}' is no host: write a name, an address, *.example.org for the names below one, or *"));
            }
        }

        if (protocol != ProtocolVersion.V50 && hosts.Count > 0)
        {
            diagnostics.Add(Diagnostic.Error(uplink.Locate("follow-references"), "brokers refer to others in MQTT 5 only; remove 'follow-references' or 'protocol'"));
        }

        return hosts;
    }

    private List<Uri> ReadUrls(Settings uplink, IReadOnlyList<Uri> ownListeners)
    {
        var urls = new List<Uri>();
        if (!uplink.TryGet<IReadOnlyList<string>>("url", out var texts))
        {
            return urls;
        }

        if (texts.Count == 0)
        {
            diagnostics.Add(Diagnostic.Error(uplink.Locate("url"), $"'url' is an empty list; give it an address, or remove '{names.Section}'"));
        }

        foreach (var text in texts)
        {
            if (Address.Parse(text, Schemes, out var url) is { } message)
            {
                diagnostics.Add(Diagnostic.Error(uplink.Locate("url"), message));
            }
            else if (ownListeners.Any(listener => Address.LeadsTo(url!, listener, place.HostName)))
            {
                diagnostics.Add(Diagnostic.Error(uplink.Locate("url"), $"the gateway's own broker listens on '{text}'; give the address of the broker upstream, or move 'listen' of 'broker'"));
            }
            else
            {
                urls.Add(url!);
            }
        }

        return urls;
    }

    /// <summary>From the file that the person named, else from systemd's credentials, else from the environment.</summary>
    private Secret? ReadPassword(Settings uplink)
    {
        if (uplink.TryGet<string>("password-file", out var file))
        {
            return ReadPasswordFile(place.Resolve(file), uplink.Locate("password-file"));
        }

        if (environment("CREDENTIALS_DIRECTORY") is { Length: > 0 } folder && Path.Combine(folder, names.Credential) is var credential && files.IsFile(credential))
        {
            return ReadPasswordFile(credential, uplink.Location);
        }

        return environment(names.PasswordVariable) is { Length: > 0 } password ? new Secret(password) : null;
    }

    private Secret? ReadPasswordFile(string path, SourceLocation location)
    {
        try
        {
            using var reader = new StreamReader(files.OpenRead(path));
            var buffer = new char[LongestPassword + 1];
            var length = reader.ReadBlock(buffer);
            var password = new string(buffer, 0, length).TrimEnd('\r', '\n');
            if (password.Length > 0 && length <= LongestPassword)
            {
                return new Secret(password);
            }

            diagnostics.Add(Diagnostic.Error(location, $"the password file '{path}' {(length == 0 || password.Length == 0 ? "is empty" : "is too long for a password")}"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            diagnostics.Add(Diagnostic.Error(location, files.IsFile(path)
                ? $"the password file '{path}' may not be read; check its owner and its mode"
                : $"there is no password file '{path}'"));
        }

        return null;
    }

    private UplinkTlsOptions ReadTls(Settings uplink, List<Uri> urls)
    {
        if (!uplink.TryGet<Settings>("tls", out var tls))
        {
            return new UplinkTlsOptions();
        }

        if (uplink.IsWritten("tls") && urls.Count > 0 && urls.All(url => url.Scheme is "mqtt" or "ws"))
        {
            diagnostics.Add(Diagnostic.Warning(uplink.Locate("tls"), $"'tls' has no effect with {urls[0].Scheme}://; write {urls[0].Scheme}s:// to encrypt"));
        }

        if (tls.IsWritten("certificate") != tls.IsWritten("key"))
        {
            var (there, missing) = tls.IsWritten("key") ? ("key", "certificate") : ("certificate", "key");
            diagnostics.Add(Diagnostic.Error(tls.Locate(there), $"'{there}' needs '{missing}' beside it"));
        }

        return new UplinkTlsOptions
        {
            CertificateAuthorityFile = place.FindFile(tls, "ca", diagnostics),
            CertificateFile = place.FindFile(tls, "certificate", diagnostics),
            KeyFile = place.FindFile(tls, "key", diagnostics),
            ApplicationProtocol = ReadApplicationProtocol(tls),
        };
    }

    private string? ReadApplicationProtocol(Settings tls)
    {
        if (!tls.TryGet<string>("alpn", out var name))
        {
            return null;
        }

        if (name.Length is < 1 or > 255 || !System.Text.Ascii.IsValid(name))
        {
            diagnostics.Add(Diagnostic.Error(tls.Locate("alpn"), "the name of a protocol has 1 to 255 ASCII characters; 'mqtt' is the usual one"));
        }

        return name;
    }

    private static bool CanBeProved(string userName, Secret password)
    {
        try
        {
            _ = new ScramSha256(userName, password.Reveal());
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>What the section and its defaults are called.</summary>
    /// <param name="Section">The section.</param>
    /// <param name="ClientIdEnding">What follows the site in the default client identifier.</param>
    /// <param name="PasswordVariable">The environment's variable that may hold the password.</param>
    /// <param name="Credential">The systemd credential that may hold it.</param>
    internal sealed record Names(string Section, string ClientIdEnding, string PasswordVariable, string Credential);
}
