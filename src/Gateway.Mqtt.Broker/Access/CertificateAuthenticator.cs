using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>
/// Takes the user name from the common name of the client's certificate, which TLS has checked; a client without a
/// certificate is another authenticator's. Thread-safe.
/// </summary>
internal sealed class CertificateAuthenticator(IAuthenticator others) : IAuthenticator
{
    private const string CommonNameOid = "2.5.4.3";

    public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
        => request.ClientCertificate is not { } certificate ? others.AuthenticateAsync(request, cancellationToken)
            : ReadCommonName(certificate.SubjectName) is { } userName ? ValueTask.FromResult(AuthenticationResult.Accept(userName))
            : ValueTask.FromResult(new AuthenticationResult(ReasonCode.NotAuthorized));

    // Which certificates there are, their authority knows.
    public bool Knows(string? userName) => userName is not null || others.Knows(null);

    /// <summary>The first CN of a subject; null when there is none that could be a User Name: characters that MQTT does not allow there, for one.</summary>
    public static string? ReadCommonName(X500DistinguishedName subject)
    {
        try
        {
            var first = subject.EnumerateRelativeDistinguishedNames(reversed: false)
                .FirstOrDefault(name => !name.HasMultipleElements && name.GetSingleElementType().Value == CommonNameOid);
            return first?.GetSingleElementValue() is { Length: > 0 } text && !text.Any(char.IsControl) ? text : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
