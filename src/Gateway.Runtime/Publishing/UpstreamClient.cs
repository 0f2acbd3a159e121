using System.Text;
using Gateway.Mqtt.Authentication;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Transport;
using Gateway.Runtime.Configuration;

namespace Gateway.Runtime.Publishing;

/// <summary>What every client of an upstream broker is set up with.</summary>
internal static class UpstreamClient
{
    /// <summary>Where it connects, as whom, and how that is shown and protected.</summary>
    public static MqttClientOptions OptionsFor(UplinkOptions connection) => new()
    {
        Servers = connection.Urls,
        ProtocolVersion = connection.Protocol,
        ClientIdentifier = connection.ClientId,
        Authentication = connection.UsesScram ? new ScramSha256(connection.Username!, connection.Password!.Reveal()) : null,
        UserName = connection.UsesScram ? null : connection.Username,
        Password = !connection.UsesScram && connection.Password is { } password ? (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(password.Reveal()) : null,
        Tls = new MqttTlsOptions
        {
            AuthorityFile = connection.Tls.CertificateAuthorityFile,
            CertificateFile = connection.Tls.CertificateFile,
            KeyFile = connection.Tls.KeyFile,
            ApplicationProtocols = connection.Tls.ApplicationProtocol is { } protocol ? [protocol] : [],
        },
    };
}
