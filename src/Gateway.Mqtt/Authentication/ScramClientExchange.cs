using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Mqtt.Authentication;

/// <summary>
/// The client's side of one exchange. RFC 5802 §5.
/// <code>
/// CONNECT   n,,n=user,r=nonce
/// AUTH      r=nonce+more,s=salt,i=iterations
/// AUTH      c=biws,r=nonce+more,p=proof
/// CONNACK   v=signature
/// </code>
/// </summary>
internal sealed class ScramClientExchange(ScramSha256 method, string userName, string nonce) : IAuthenticationExchange
{
    // RFC 7677 §4: a server that asks for fewer wants the password guessed. More are an attack on this processor's time.
    private const int FewestIterations = 4096;
    private const int MostIterations = 1_000_000;

    private readonly string _firstBare = $"n={ScramText.Escape(userName)},r={nonce}";
    private byte[]? _serverSignature;
    private bool _isProofSent;

    public ValueTask<ReadOnlyMemory<byte>?> StartAsync(CancellationToken cancellationToken) => Answer(ScramText.Gs2Header + _firstBare);

    public ValueTask<ReadOnlyMemory<byte>?> ContinueAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken)
    {
        if (_isProofSent)
        {
            throw new MqttException("The server asks for more than SCRAM-SHA-256 has to say.");
        }

        var serverFirst = ScramText.Decode(data.GetValueOrDefault().Span) ?? "";
        var attributes = serverFirst.Split(',');
        var combined = ScramText.Value(attributes, 0, 'r');
        var salt = ScramText.Bytes(ScramText.Value(attributes, 1, 's'));
        if (combined is null || salt is null
            || !int.TryParse(ScramText.Value(attributes, 2, 'i'), NumberStyles.None, CultureInfo.InvariantCulture, out var iterations))
        {
            throw new MqttException("The server's first SCRAM-SHA-256 message cannot be understood.");
        }

        if (!combined.StartsWith(nonce, StringComparison.Ordinal) || combined.Length == nonce.Length)
        {
            throw new MqttException("The server's SCRAM-SHA-256 nonce does not continue the client's.");
        }

        if (iterations is < FewestIterations or > MostIterations)
        {
            throw new MqttException($"The server asks for {iterations} iterations of SCRAM-SHA-256; {FewestIterations} to {MostIterations} are accepted.");
        }

        var keys = method.Derive(salt, iterations);
        var withoutProof = $"c={Convert.ToBase64String(Encoding.ASCII.GetBytes(ScramText.Gs2Header))},r={combined}";
        var authMessage = $"{_firstBare},{serverFirst},{withoutProof}";
        var proof = ScramKeys.Xor(keys.ClientKey, ScramKeys.Sign(ScramKeys.StoredKey(keys.ClientKey), authMessage));
        _serverSignature = ScramKeys.Sign(keys.ServerKey, authMessage);
        _isProofSent = true;
        return Answer($"{withoutProof},p={Convert.ToBase64String(proof)}");
    }

    public ValueTask FinishAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken)
    {
        var attributes = (ScramText.Decode(data.GetValueOrDefault().Span) ?? "").Split(',');
        var signature = ScramText.Bytes(ScramText.Value(attributes, 0, 'v'));
        if (_serverSignature is null || signature is null || !CryptographicOperations.FixedTimeEquals(signature, _serverSignature))
        {
            throw new MqttException("The server accepts the client without proving that it knows the user: it is not the server that it should be.");
        }

        return ValueTask.CompletedTask;
    }

    private static ValueTask<ReadOnlyMemory<byte>?> Answer(string message) => new(Encoding.UTF8.GetBytes(message));
}
