using System.CommandLine;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Runtime.Configuration;

namespace Gateway.Commands;

/// <summary>The certificates of <c>gateway broker</c>, by the names that mosquitto's clients have for theirs, and the pages that may connect.</summary>
internal sealed class BrokerTlsFlags
{
    private readonly Option<string?> _certificate = new("--cert") { HelpName = "FILE", Description = "PEM file with the certificate and chain for mqtts and wss" };
    private readonly Option<string?> _key = new("--key") { HelpName = "FILE", Description = "PEM file with the certificate's key; default: it is in the same file" };
    private readonly Option<string?> _authority = new("--cafile") { HelpName = "FILE", Description = "Asks clients for a certificate of the authorities in this PEM file; those without one are turned away" };
    private readonly Option<string[]> _origins = new("--origin") { HelpName = "ORIGIN", Description = "Lets web pages of this origin connect, such as https://dashboard.example.org; may be repeated; '*': all" };

    public void AddTo(Command command)
    {
        command.Add(_certificate);
        command.Add(_key);
        command.Add(_authority);
        command.Add(_origins);
    }

    /// <summary>The options with what the flags say instead.</summary>
    public BrokerOptions Apply(ParseResult arguments, BrokerOptions options)
    {
        var (certificate, key, authority) = (arguments.GetValue(_certificate), arguments.GetValue(_key), arguments.GetValue(_authority));
        if (certificate is null && (key ?? authority) is not null)
        {
            throw CommandException.Usage($"'{(key is null ? "--cafile" : "--key")}' needs '--cert': the certificate of the broker");
        }

        return options with
        {
            Origins = arguments.GetValue(_origins) is { Length: > 0 } origins ? origins : options.Origins,
            Tls = certificate is null ? options.Tls : new ListenerTlsOptions
            {
                CertificateFile = certificate,
                KeyFile = key,
                ClientAuthorityFile = authority,
                ClientCertificate = authority is null ? ClientCertificatePolicy.None : ClientCertificatePolicy.Required,
            },
        };
    }
}
