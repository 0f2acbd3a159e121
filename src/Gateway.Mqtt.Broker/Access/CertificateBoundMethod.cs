using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>
/// A method under <see cref="Listeners.ListenerTlsOptions.UserNameFromCertificate"/>: a client that shows a certificate may prove to be
/// the user that the certificate names, and nobody else. Thread-safe.
/// </summary>
internal sealed class CertificateBoundMethod(IServerAuthenticationMethod method) : IServerAuthenticationMethod
{
    public string Name => method.Name;

    public bool BeginsWithName => method.BeginsWithName;

    // A re-authentication has no certificate in its request, nor needs it: the broker takes it from the same user only.
    public IServerAuthenticationExchange Begin(AuthenticationRequest request) => request.ClientCertificate is { } certificate
        ? new Exchange(method.Begin(request), CertificateAuthenticator.ReadCommonName(certificate.SubjectName))
        : method.Begin(request);

    private sealed class Exchange(IServerAuthenticationExchange exchange, string? commonName) : IServerAuthenticationExchange
    {
        public string? UserName => exchange.UserName;

        public async ValueTask<AuthenticationResult> ContinueAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken)
        {
            var result = await exchange.ContinueAsync(data, cancellationToken);
            var isSomebodyElse = result.ReasonCode == ReasonCode.Success && (commonName is null || result.UserName != commonName);
            return isSomebodyElse ? new AuthenticationResult(ReasonCode.NotAuthorized) : result;
        }
    }
}
