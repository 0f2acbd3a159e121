using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Mqtt.Transport;

/// <summary>Makes the framework's TLS options from ours.</summary>
public static class TlsSettings
{
    /// <summary>What a client of this library shakes hands with: trust, certificate, and for <c>mqtts</c> ALPN.</summary>
    /// <param name="server">An address that <see cref="MqttServerUri"/> accepts.</param>
    /// <param name="options">The files and protocols.</param>
    /// <exception cref="MqttException">A file is missing or is no PEM of its kind.</exception>
    public static SslClientAuthenticationOptions ForClient(Uri server, MqttTlsOptions options)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(options);
        return ForClient(options, server.IdnHost, server.Scheme == "mqtts" ? options.ApplicationProtocols : []);
    }

    /// <exception cref="MqttException">A file is missing or is no PEM of its kind.</exception>
    internal static SslClientAuthenticationOptions ForClient(MqttTlsOptions options, string host, IReadOnlyList<string> applicationProtocols)
    {
        var settings = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
        if (OperatingSystem.IsLinux())
        {
            settings.CipherSuitesPolicy = TlsCipherOrder.ForThisProcessor;
        }

        if (applicationProtocols.Count > 0)
        {
            settings.ApplicationProtocols = [.. applicationProtocols.Select(name => new SslApplicationProtocol(name))];
        }

        if (options.AcceptsAnyHostName)
        {
            settings.RemoteCertificateValidationCallback = static (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;
        }

        if (options.AuthorityFile is { } authorityFile)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            Load(authorityFile, () => policy.CustomTrustStore.ImportFromPemFile(authorityFile));
            settings.CertificateChainPolicy = policy;
        }

        if (options.CertificateFile is { } certificateFile)
        {
            Load(certificateFile, () =>
            {
                var chain = new X509Certificate2Collection();
                chain.ImportFromPemFile(certificateFile);
                var certificate = X509Certificate2.CreateFromPemFile(certificateFile, options.KeyFile);
                settings.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true);
            });
        }

        return settings;
    }

    private static void Load(string file, Action load)
    {
        try
        {
            load();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new MqttException($"The TLS file {file} cannot be used: {exception.Message}", exception);
        }
    }
}
