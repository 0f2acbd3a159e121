using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>What TLS files hold: who the server is, and whose client certificates it takes. Immutable.</summary>
internal sealed class TlsIdentity
{
    // A chain has a few kilobytes; whoever names a video is told so before it is read.
    private const int LongestFile = 1024 * 1024;

    private const string ClientAuthenticationOid = "1.3.6.1.5.5.7.3.2";

    private TlsIdentity(SslStreamCertificateContext certificate, X509ChainPolicy? clientPolicy)
    {
        Certificate = certificate;
        ClientPolicy = clientPolicy;
    }

    /// <summary>Certificate, key and chain.</summary>
    public SslStreamCertificateContext Certificate { get; }

    /// <summary>How client certificates are checked; null when none are asked for.</summary>
    public X509ChainPolicy? ClientPolicy { get; }

    /// <exception cref="TlsFileException">One of the files cannot be used.</exception>
    public static TlsIdentity Load(ListenerTlsOptions options, Func<string, Stream> open)
    {
        var certificateText = Read(nameof(options.CertificateFile), options.CertificateFile, open);
        var chain = ReadCertificates(nameof(options.CertificateFile), options.CertificateFile, certificateText);
        var keyFile = options.KeyFile ?? options.CertificateFile;
        var keyText = options.KeyFile is null ? certificateText : Read(nameof(options.KeyFile), keyFile, open);
        var certificate = AddKey(chain[0], options, keyFile, keyText);
        return new TlsIdentity(SslStreamCertificateContext.Create(certificate, chain, offline: true), ReadClientPolicy(options, open));
    }

    private static X509ChainPolicy? ReadClientPolicy(ListenerTlsOptions options, Func<string, Stream> open)
    {
        if (options is not { ClientAuthorityFile: { } file, ClientCertificate: not ClientCertificatePolicy.None })
        {
            return null;
        }

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.ApplicationPolicy.Add(new Oid(ClientAuthenticationOid));
        policy.CustomTrustStore.AddRange(
            ReadCertificates(nameof(options.ClientAuthorityFile), file, Read(nameof(options.ClientAuthorityFile), file, open)));
        return policy;
    }

    private static string Read(string option, string file, Func<string, Stream> open)
    {
        try
        {
            using var stream = open(file);
            if (stream.Length > LongestFile)
            {
                throw Problem(option, $"The TLS file {file} is no PEM file: it is too long for one.");
            }

            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Problem(option, $"There is no TLS file {file}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Problem(option, $"The TLS file {file} may not be read: check its owner and its mode.", e);
        }
    }

    private static X509Certificate2Collection ReadCertificates(string option, string file, string text)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(text);
        }
        catch (CryptographicException e)
        {
            throw Problem(option, $"The TLS file {file} holds a damaged certificate.", e);
        }

        return certificates.Count > 0 ? certificates : throw Problem(option, $"The TLS file {file} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----).");
    }

    private static X509Certificate2 AddKey(X509Certificate2 certificate, ListenerTlsOptions options, string keyFile, string keyText)
    {
        var option = options.KeyFile is null ? nameof(options.CertificateFile) : nameof(options.KeyFile);
        if (!keyText.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw Problem(option, $"The TLS file {keyFile} holds no private key in PEM form (-----BEGIN PRIVATE KEY-----).");
        }

        if (keyText.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw Problem(option, $"The key in {keyFile} is protected by a passphrase: keep it without one, and readable by the service alone (openssl pkey -in OLD -out NEW).");
        }

        try
        {
            return X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), keyText);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw Problem(option, $"The key in {keyFile} is not that of the certificate in {options.CertificateFile}.", e);
        }
    }

    private static TlsFileException Problem(string option, string message, Exception? cause = null) => new(new TlsFileProblem(option, message), cause);
}
