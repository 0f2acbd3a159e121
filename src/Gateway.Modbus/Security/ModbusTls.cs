using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Modbus.Server;

namespace Gateway.Modbus.Security;

/// <summary>
/// Modbus/TCP Security: Modbus TCP within TLS 1.2 or 1.3, where both sides show certificates. The default port is 802.
/// MB-TCP-Security-v21 §7 and §8. There is no way to go without the checks.
/// </summary>
public sealed class ModbusTls
{
    private readonly X509Certificate2Collection _authorities;
    private readonly SslStreamCertificateContext _certificate;

    /// <param name="authorityFile">PEM: the authorities of the other side's certificate.</param>
    /// <param name="certificateFile">PEM: one's own certificate, and those between it and the authority.</param>
    /// <param name="keyFile">PEM: its private key.</param>
    /// <exception cref="ModbusTransportException">A file is missing or is no PEM of its kind.</exception>
    public ModbusTls(string authorityFile, string certificateFile, string keyFile)
    {
        _authorities = Load(authorityFile, () =>
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(authorityFile);
            return authorities;
        });
        _certificate = Load(certificateFile, () =>
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificateFile);
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(certificateFile, keyFile), chain, offline: true);
        });
    }

    /// <summary>Makes a connection secure, as its client. The stream is taken over.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="host">The name or address that the server's certificate must have.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="AuthenticationException">One side does not accept the other's certificate.</exception>
    public async ValueTask<Stream> AuthenticateAsClientAsync(Stream stream, string host, CancellationToken cancellationToken)
    {
        var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    ClientCertificateContext = _certificate,
                    CertificateChainPolicy = CreatePolicy(),
                },
                cancellationToken);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a connection secure, as its server. The stream is taken over.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="name">What the peer is called; null: not known.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The stream, and who is at its other end.</returns>
    /// <exception cref="AuthenticationException">One side does not accept the other's certificate, or the client has none.</exception>
    public async ValueTask<(Stream Stream, ModbusPeer Peer)> AuthenticateAsServerAsync(Stream stream, string? name, CancellationToken cancellationToken)
    {
        var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    ServerCertificateContext = _certificate,
                    ClientCertificateRequired = true,
                    CertificateChainPolicy = CreatePolicy(),
                },
                cancellationToken);
            return (tls, new ModbusPeer(name, tls.RemoteCertificate is X509Certificate2 certificate ? ModbusRole.Of(certificate) : null));
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    private X509ChainPolicy CreatePolicy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(_authorities);
        return policy;
    }

    private static T Load<T>(string file, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ModbusTransportException($"The TLS file {file} cannot be used: {e.Message}", e);
        }
    }
}
