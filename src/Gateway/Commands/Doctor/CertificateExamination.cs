using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Mqtt;
using Gateway.Mqtt.Transport;

namespace Gateway.Commands.Doctor;

/// <summary>Certificates: the gateway's own, those of Modbus in maps and in <c>serve</c>, and those of the brokers upstream, and how long they hold.</summary>
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
            options?.Web.Tls?.CertificateFile,
            .. (options?.Uplinks ?? []).SelectMany(uplink => new[] { uplink.Tls.CertificateFile, uplink.Tls.CertificateAuthorityFile }),
            options?.Bridge?.Connection.Tls.CertificateFile,
            options?.Bridge?.Connection.Tls.CertificateAuthorityFile,
            .. (options?.Serve ?? []).Select(entry => entry.Tls).SelectMany(tls => new[] { tls?.Certificate, tls?.Authority }),
            .. ModbusTlsFiles.Of(patient.Configuration.Buses).SelectMany(bus => new[] { bus.Certificate, bus.Authority }),
        ];
        return files.OfType<string>().Distinct().Select(file => Examine(file, patient.TimeProvider.GetUtcNow()));
    }

    /// <summary>
    /// Shakes hands with a server over a connection that stands, as the service would, and looks at what it shows. It need not be trusted for that.
    /// A client's certificate that TLS 1.3 misses is missed after the handshake: so it is seen how the server takes a goodbye.
    /// </summary>
    /// <param name="socket">The connection; closed.</param>
    /// <param name="url">Where it leads.</param>
    /// <param name="tls">Whom the gateway trusts there, what it shows, and its ALPN.</param>
    /// <param name="what">What it is: broker, collector.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<Finding> ExamineServerAsync(Socket socket, Uri url, MqttTlsOptions tls, string what, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var place = $"{url.Scheme}://{url.Host}:{url.Port}";
        var errors = SslPolicyErrors.None;
        try
        {
            await using var stream = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false);
            var settings = TlsSettings.ForClient(url, tls);
#pragma warning disable CA5359 // Nothing is sent over it: what is shown is all that is looked at, and an expired certificate is to be shown, too.
            settings.RemoteCertificateValidationCallback = (_, _, _, found) => (errors = found) >= 0;
#pragma warning restore CA5359
            await stream.AuthenticateAsClientAsync(settings, cancellationToken);
            var finding = stream.RemoteCertificate is X509Certificate2 certificate ? JudgeServer(what, place, url, certificate, errors, tls.AuthorityFile, now) : Finding.Fine(what, $"{place} accepts connections");
            return finding.Verdict != Verdict.Wrong && await FindRefusalAsync(stream, cancellationToken) is { } refusal ? Refused(what, place, tls, refusal) : finding;
        }
        catch (MqttException exception)
        {
            return new(what, Verdict.Wrong, $"{place} cannot be connected to: {exception.Message.TrimEnd('.')}", "it has to be a PEM file that the service may read");
        }
        catch (AuthenticationException exception) when (exception.InnerException is not null)
        {
            return Refused(what, place, tls, exception.InnerException.Message);
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            return new(what, Verdict.Wrong, $"{place} does not speak TLS as it should: {exception.Message.TrimEnd('.')}", "look whether the port is the one for TLS; without it the scheme is mqtt, ws or http");
        }
    }

    private static Finding Refused(string what, string place, MqttTlsOptions tls, string reason) => new(
        what,
        Verdict.Wrong,
        $"{place} refuses the gateway in TLS: {reason.TrimEnd('.')}",
        tls.CertificateFile is { } file ? $"look whether it takes certificates of who signed {file}; its log says why" : "if it asks for certificates of its clients, name one and its key in 'tls'; its log says why");

    private static async Task<string?> FindRefusalAsync(SslStream stream, CancellationToken cancellationToken)
    {
        try
        {
            await stream.ShutdownAsync();
            await stream.ReadExactlyAsync(new byte[1], cancellationToken);
            return null;
        }
        catch (EndOfStreamException)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            return null; // it waits for more: it has let the gateway in
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            return exception.InnerException is AuthenticationException or null ? exception.Message : exception.InnerException.Message;
        }
    }

    private static Finding JudgeServer(string what, string place, Uri url, X509Certificate2 certificate, SslPolicyErrors errors, string? authorityFile, DateTimeOffset now) =>
        Judge(what, place, certificate, now) is { Verdict: Verdict.Wrong } wrong ? wrong
        : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            ? new(what, Verdict.Wrong, $"the certificate of {place} is not for {url.Host} but for {NamesOf(certificate)}", "write one of its names into the url, or give the server a certificate with this one")
        : errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
            ? new(what, Verdict.Wrong, $"the certificate of {place} is signed by {certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: true)}, which {authorityFile ?? "this machine"} does not have", "let 'ca' of its 'tls' name a file with the certificate of who signed it")
        : Judge(what, place, certificate, now);

    private static string NamesOf(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(each => each.EnumerateDnsNames().Concat(each.EnumerateIPAddresses().Select(address => address.ToString()))).Take(5);
        return string.Join(", ", names) is { Length: > 0 } text ? text : certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
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
