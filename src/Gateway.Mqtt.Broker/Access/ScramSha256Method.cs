using Gateway.Mqtt.Authentication;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>SCRAM-SHA-256 with the users of a <see cref="UsersFileAuthenticator"/>. RFC 5802, RFC 7677. Thread-safe.</summary>
/// <param name="users">The users; one whose line holds an older hash has to be given a password anew by <c>gateway passwd</c>.</param>
public sealed class ScramSha256Method(UsersFileAuthenticator users) : IServerAuthenticationMethod
{
    /// <inheritdoc/>
    public string Name => ScramSha256.MethodName;

    /// <inheritdoc/>
    public bool BeginsWithName => true;

    /// <inheritdoc/>
    public IServerAuthenticationExchange Begin(AuthenticationRequest request) => new Exchange(users);

    private sealed class Exchange(UsersFileAuthenticator users) : IServerAuthenticationExchange
    {
        private readonly ScramServerExchange _scram = new(users.FindScram);
        private bool _hasBegun;

        public string? UserName => _scram.UserName.Length > 0 ? _scram.UserName : null;

        public ValueTask<AuthenticationResult> ContinueAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken)
        {
            var message = data.GetValueOrDefault().Span;
            AuthenticationResult result;
            if (!_hasBegun)
            {
                _hasBegun = true;
                result = _scram.Begin(message) is { } first ? AuthenticationResult.Continue(first) : new AuthenticationResult(ReasonCode.NotAuthorized);
            }
            else
            {
                result = _scram.Finish(message) is { } final
                    ? AuthenticationResult.Accept(_scram.UserName) with { Data = final }
                    : new AuthenticationResult(ReasonCode.NotAuthorized);
            }

            return ValueTask.FromResult(result);
        }
    }
}
