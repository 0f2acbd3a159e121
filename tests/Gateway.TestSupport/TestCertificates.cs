using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.TestSupport;

/// <summary>An authority with a server's and a client's certificate, as PEM files in a folder of their own.</summary>
public sealed class TestCertificates : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("certificates-");
    private readonly X509Certificate2 _authority;

    public TestCertificates()
    {
        // Certificates have dates of the real world, whatever clock a test moves.
        var now = TimeProvider.System.GetUtcNow();
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Authority, _authority.ExportCertificatePem());
        Renew("server");
        Renew("client");
    }

    public string Authority => Path.Combine(_folder.FullName, "ca.pem");

    public string Certificate(string name) => Path.Combine(_folder.FullName, $"{name}.pem");

    public string Key(string name) => Path.Combine(_folder.FullName, $"{name}.key");

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>A new certificate with a new key, in the same files.</summary>
    /// <param name="name">Of the files.</param>
    /// <param name="subject">Default: the name as CN.</param>
    /// <param name="extension">One more extension; null: none.</param>
    public void Renew(string name, string? subject = null, X509Extension? extension = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject ?? $"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        names.AddDnsName("gateway.example");
        request.CertificateExtensions.Add(names.Build());
        if (extension is not null)
            request.CertificateExtensions.Add(extension);
        using var certificate = request.Create(_authority, now.AddDays(-1).AddHours(1), now.AddDays(1).AddHours(-1), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Certificate(name), certificate.ExportCertificatePem());
        File.WriteAllText(Key(name), key.ExportPkcs8PrivateKeyPem());
    }
}
