using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.Mqtt.Broker.Listeners;

namespace Gateway.Runtime.Configuration;

/// <summary>Turns the section <c>tls</c> of <c>broker</c> into options.</summary>
internal sealed class BrokerTlsReader(ConfigurationPlace place, ICollection<Diagnostic> diagnostics)
{
    /// <summary>What the section may say.</summary>
    public static SectionSchema Schema { get; } = new()
    {
        Name = "broker tls",
        Keys =
        [
            new() { Name = "certificate", Type = KeyType.Text, Required = true, Description = "PEM file with the broker's certificate and its chain; a renewed one is taken up by itself.", Example = "/etc/gateway/server.pem" },
            new() { Name = "key", Type = KeyType.Text, Description = "PEM file with the certificate's key; left out, it is in the same file.", Example = "/etc/gateway/server.key" },
            new() { Name = "ca", Type = KeyType.Text, Description = "PEM file of the authorities whose client certificates are accepted.", Example = "/etc/gateway/clients-ca.pem" },
            new() { Name = "client-certificate", Type = KeyType.Choice, Choices = ["none", "optional", "required"], Default = "none", Description = "Whether clients show a certificate; with required, those that do need no user.", Example = "required" },
            new() { Name = "user-from", Type = KeyType.Choice, Choices = ["password", "certificate"], Default = "password", Description = "Who a client with a certificate is: the user that it gives a password for, or the common name (CN) of its certificate.", Example = "certificate" },
        ],
        Instead = new Dictionary<string, string>
        {
            ["cert"] = "write it as 'certificate'",
            ["certfile"] = "write it as 'certificate'",
            ["keyfile"] = "write it as 'key'",
            ["cafile"] = "write it as 'ca'",
            ["require_certificate"] = "write it as 'client-certificate: required'",
            ["use_identity_as_username"] = "write it as 'user-from: certificate'",
        },
    };

    /// <summary>The options; null where there are none, or where something is wrong, which is reported.</summary>
    public ListenerTlsOptions? Read(Settings broker, List<Uri> listeners)
    {
        var needing = listeners.Find(listener => listener.Scheme is "mqtts" or "wss");
        if (!broker.TryGet<Settings>("tls", out var tls) || !broker.IsWritten("tls"))
        {
            if (needing is not null)
            {
                diagnostics.Add(Diagnostic.Error(broker.Locate("listen"), $"'{needing.OriginalString.TrimEnd('/')}' needs a certificate; add 'tls: {{ certificate: FILE, key: FILE }}' to 'broker'"));
            }

            return null;
        }

        if (needing is null)
        {
            diagnostics.Add(Diagnostic.Warning(broker.Locate("tls"), "'tls' has no effect without a listener that begins with mqtts:// or wss://"));
        }

        var policy = tls.TryGet<string>("client-certificate", out var asked) ? asked switch
        {
            "optional" => ClientCertificatePolicy.Optional,
            "required" => ClientCertificatePolicy.Required,
            _ => ClientCertificatePolicy.None,
        } : ClientCertificatePolicy.None;
        var fromCertificate = tls.TryGet<string>("user-from", out var source) && source == "certificate";
        var (certificate, key, authority) = (place.FindFile(tls, "certificate", diagnostics), place.FindFile(tls, "key", diagnostics), place.FindFile(tls, "ca", diagnostics));
        if (!GoTogether(tls, policy, fromCertificate)
            || certificate is null || key is null == tls.IsWritten("key") || authority is null == tls.IsWritten("ca"))
        {
            return null;
        }

        var options = new ListenerTlsOptions
        {
            CertificateFile = certificate,
            KeyFile = key,
            ClientAuthorityFile = authority,
            ClientCertificate = policy,
            UserNameFromCertificate = fromCertificate,
        };
        return IsUsable(tls, options) ? options : null;
    }

    private bool GoTogether(Settings tls, ClientCertificatePolicy policy, bool fromCertificate)
    {
        var (key, message) = (policy, tls.IsWritten("ca"), fromCertificate) switch
        {
            (ClientCertificatePolicy.None, true, _) => ("ca", "'ca' is whose client certificates are accepted, and clients are not asked for any; add 'client-certificate: required', or optional"),
            (ClientCertificatePolicy.None, _, true) => ("user-from", "'user-from: certificate' needs clients that show one; add 'client-certificate: required', or optional, and 'ca'"),
            (not ClientCertificatePolicy.None, false, _) => ("client-certificate", "'client-certificate' needs 'ca' beside it: the authority whose certificates are accepted"),
            _ => ("", ""),
        };
        if (key.Length == 0)
        {
            return true;
        }

        diagnostics.Add(Diagnostic.Error(tls.Locate(key), message));
        return false;
    }

    private bool IsUsable(Settings tls, ListenerTlsOptions options)
    {
        if (options.Check(place.Open) is not { } problem)
        {
            return true;
        }

        var key = problem.Option switch
        {
            nameof(options.KeyFile) => "key",
            nameof(options.ClientAuthorityFile) => "ca",
            _ => "certificate",
        };
        diagnostics.Add(Diagnostic.Error(tls.Locate(key), char.ToLowerInvariant(problem.Message[0]) + problem.Message[1..].TrimEnd('.')));
        return false;
    }
}
