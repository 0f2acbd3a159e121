using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Commands.Doctor;

/// <summary>Certificates: the gateway's own and those of the brokers upstream, and how long they hold.</summary>
internal static class CertificateExamination
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    public static IEnumerable<Finding> Examine(Patient patient)
    {
        var options = patient.Configuration.Options;
        string?[] files =
        [
            options?.Broker.Tls?.CertificateFile,
            options?.Broker.Tls?.ClientAuthorityFile,
            .. (options?.Uplinks ?? []).SelectMany(uplink => new[] { uplink.Tls.CertificateFile, uplink.Tls.CertificateAuthorityFile }),
            options?.Bridge?.Connection.Tls.CertificateFile,
            options?.Bridge?.Connection.Tls.CertificateAuthorityFile,
        ];
        return files.OfType<string>().Distinct().Select(file => Examine(file, patient.TimeProvider.GetUtcNow()));
    }

    /// <summary>Shakes hands with a broker over a connection that stands, and looks at what it shows. It need not be trusted for that.</summary>
    public static async Task<Finding> ExamineServerAsync(Socket socket, Uri url, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var place = $"{url.Scheme}://{url.Host}:{url.Port}";
        try
        {
            await using var stream = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false);
#pragma warning disable CA5359 // Nothing is sent over it: what is shown is all that is looked at, and an expired certificate is to be shown, too.
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = url.Host, RemoteCertificateValidationCallback = static (_, _, _, _) => true }, cancellationToken);
#pragma warning restore CA5359
            return stream.RemoteCertificate is X509Certificate2 certificate ? Judge("broker", place, certificate, now) : Finding.Fine("broker", $"{place} accepts connections");
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            return new("broker", Verdict.Wrong, $"{place} does not speak TLS as it should: {exception.Message.TrimEnd('.')}", "look whether the port is the one for TLS; without it the scheme is mqtt or ws");
        }
    }

    private static Finding Examine(string file, DateTimeOffset now)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
            return Judge("certificate", file, certificate, now);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return new("certificate", Verdict.Wrong, $"{file} cannot be used: {exception.Message.TrimEnd('.')}", "it has to be a PEM file that the service may read");
        }
    }

    private static Finding Judge(string subject, string place, X509Certificate2 certificate, DateTimeOffset now)
    {
        var (from, until) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        return until < now ? new(subject, Verdict.Wrong, $"the certificate of {place} expired on {until:yyyy-MM-dd}", "renew it")
            : from > now ? new(subject, Verdict.Wrong, $"the certificate of {place} holds from {from:yyyy-MM-dd} on", "look at the machine's clock")
            : until - now < Soon ? new(subject, Verdict.Doubtful, $"the certificate of {place} expires on {until:yyyy-MM-dd}", "renew it")
            : Finding.Fine(subject, $"the certificate of {place} holds until {until:yyyy-MM-dd}");
    }
}
