using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Mqtt.Transport;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>
/// TLS of a web server that stands beside the broker, with certificates as the broker's listeners have them: renewed files are taken up by the
/// handshakes that follow, and the ones before stay in use while the new cannot be. Asks for no client certificates. Thread-safe.
/// </summary>
public sealed class ServerTls
{
    private static readonly List<SslApplicationProtocol> Http = [SslApplicationProtocol.Http11];

    private readonly TlsFiles _files;

    /// <summary>Reads the files.</summary>
    /// <exception cref="MqttBrokerException">They cannot be used; the message says which and why.</exception>
    public ServerTls(ListenerTlsOptions options, TimeProvider timeProvider, ILogger logger)
    {
        _files = new TlsFiles(options, timeProvider, logger);
        _files.Get();
    }

    /// <summary>What a handshake that begins now offers.</summary>
    public SslServerAuthenticationOptions CreateOptions() => new()
    {
        ServerCertificateContext = _files.Get().Certificate,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = Http,
        CipherSuitesPolicy = TlsCipherOrder.ForThisProcessor,
        AllowRenegotiation = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
    };
}
