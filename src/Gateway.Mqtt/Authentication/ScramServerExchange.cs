using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Mqtt.Authentication;

/// <summary>The server's side of one exchange of SCRAM-SHA-256: two messages in, two out. RFC 5802 §5. Not thread-safe.</summary>
public sealed class ScramServerExchange
{
    private const int NonceLength = 18;

    // Several times as much is kept until the client's next message, of whoever it may be.
    private const int LongestFirst = 512;

    private readonly Func<string, ScramCredentials> _find;
    private readonly string _ownNonce;
    private ScramCredentials? _credentials;
    private string _gs2Header = "";
    private string _nonce = "";
    private string _firstMessages = "";

    /// <param name="find">The credentials of a user; for one that is not there, those <see cref="ScramCredentials.OfNobody"/> with a salt
    /// that is the same each time, so that nobody can tell the two apart.</param>
    public ScramServerExchange(Func<string, ScramCredentials> find)
        : this(find, Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceLength)))
    {
    }

    internal ScramServerExchange(Func<string, ScramCredentials> find, string nonce)
    {
        _find = find;
        _ownNonce = nonce;
    }

    /// <summary>Who the client says to be, once <see cref="Begin"/> has read it.</summary>
    public string UserName { get; private set; } = "";

    /// <summary>Takes the client's first message.</summary>
    /// <param name="clientFirst">The message.</param>
    /// <returns>The server's first message; null: the client's cannot be understood, has more than 512 bytes, or asks for what is not supported.</returns>
    public byte[]? Begin(ReadOnlySpan<byte> clientFirst)
    {
        // n,,n=user,r=nonce[,extensions]; y: the client could bind to the channel, and thinks that the server cannot.
        var attributes = (clientFirst.Length > LongestFirst ? "" : ScramText.Decode(clientFirst) ?? "").Split(',');
        if (_credentials is not null || attributes.Length < 4 || attributes[0] is not ("n" or "y") || attributes[1].Length > 0
            || ScramText.Value(attributes, 2, 'n') is not { Length: > 0 } escaped || ScramText.Unescape(escaped) is not { } name
            || ScramText.TryPrepare(name) is not { } userName
            || ScramText.Value(attributes, 3, 'r') is not { Length: > 0 } clientNonce || !IsPrintable(clientNonce))
        {
            return null;
        }

        UserName = userName;
        _credentials = _find(userName);
        _gs2Header = attributes[0] + ",,";
        _nonce = clientNonce + _ownNonce;
        var serverFirst = string.Create(
            CultureInfo.InvariantCulture, $"r={_nonce},s={Convert.ToBase64String(_credentials.Salt)},i={_credentials.Iterations}");
        _firstMessages = $"{string.Join(',', attributes[2..])},{serverFirst}";
        return Encoding.UTF8.GetBytes(serverFirst);
    }

    /// <summary>Takes the client's last message.</summary>
    /// <param name="clientFinal">The message.</param>
    /// <returns>The server's last message, by which it proves itself; null: the proof is wrong, and nothing more is said.</returns>
    public byte[]? Finish(ReadOnlySpan<byte> clientFinal)
    {
        // c=biws,r=nonce[,extensions],p=proof
        var text = ScramText.Decode(clientFinal) ?? "";
        var attributes = text.Split(',');
        if (_credentials is not { } credentials || attributes.Length < 3
            || ScramText.Value(attributes, 0, 'c') != Convert.ToBase64String(Encoding.ASCII.GetBytes(_gs2Header))
            || ScramText.Value(attributes, 1, 'r') != _nonce
            || ScramText.Bytes(ScramText.Value(attributes, attributes.Length - 1, 'p')) is not { Length: ScramKeys.Length } proof)
        {
            return null;
        }

        var authMessage = $"{_firstMessages},{text[..text.LastIndexOf(",p=", StringComparison.Ordinal)]}";
        var clientKey = ScramKeys.Xor(proof, ScramKeys.Sign(credentials.StoredKey, authMessage));
        return CryptographicOperations.FixedTimeEquals(ScramKeys.StoredKey(clientKey), credentials.StoredKey)
            ? Encoding.ASCII.GetBytes("v=" + Convert.ToBase64String(ScramKeys.Sign(credentials.ServerKey, authMessage)))
            : null;
    }

    private static bool IsPrintable(string nonce) => nonce.All(c => c is > ' ' and <= '~');
}
