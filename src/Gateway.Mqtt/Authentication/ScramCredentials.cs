using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Gateway.Mqtt.Authentication;

/// <summary>
/// What a server keeps of a password: enough to check a SCRAM-SHA-256 proof or the password itself, and not enough to log in.
/// As text <c>$scram-sha-256${iterations}${salt}${StoredKey}${ServerKey}</c>, the last three in Base64. RFC 5802 §3. Immutable.
/// </summary>
public sealed class ScramCredentials
{
    /// <summary>Iterations of new credentials: about 20 ms on a PC, 100 ms on a Raspberry Pi 4, once per password and client.</summary>
    public const int DefaultIterations = 60_000;

    /// <summary>Bytes of new salts.</summary>
    public const int SaltLength = 16;

    private const string Scheme = "scram-sha-256";
    private const int MostIterations = 10_000_000;
    private const int ShortestSalt = 8;

    private readonly byte[] _salt;
    private readonly byte[] _storedKey;
    private readonly byte[] _serverKey;

    private ScramCredentials(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey)
    {
        Iterations = iterations;
        _salt = salt;
        _storedKey = storedKey;
        _serverKey = serverKey;
    }

    /// <summary>How often the password was hashed.</summary>
    public int Iterations { get; }

    internal byte[] Salt => _salt;

    internal byte[] StoredKey => _storedKey;

    internal byte[] ServerKey => _serverKey;

    /// <summary>Makes credentials with a new salt.</summary>
    /// <param name="password">The password.</param>
    /// <exception cref="ArgumentException">It is empty, or holds a control character.</exception>
    public static ScramCredentials Create(string password) => Create(password, RandomNumberGenerator.GetBytes(SaltLength), DefaultIterations);

    /// <summary>Credentials that no password fits, for a user that is not there: the same for the same salt.</summary>
    /// <param name="salt"><see cref="SaltLength"/> bytes.</param>
    /// <param name="iterations">As other users' credentials have it; null: <see cref="DefaultIterations"/>.</param>
    public static ScramCredentials OfNobody(ReadOnlySpan<byte> salt, int? iterations = null) =>
        new(iterations ?? DefaultIterations, salt.ToArray(), RandomNumberGenerator.GetBytes(ScramKeys.Length), RandomNumberGenerator.GetBytes(ScramKeys.Length));

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <param name="text">The text.</param>
    /// <param name="credentials">The credentials, if the answer is true.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out ScramCredentials? credentials)
    {
        credentials = null;
        if (text.Split('$') is ["", Scheme, var iterationsText, var salt, var storedKey, var serverKey]
            && int.TryParse(iterationsText, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations)
            && iterations is >= 1 and <= MostIterations
            && ScramText.Bytes(salt) is { Length: >= ShortestSalt } saltBytes
            && ScramText.Bytes(storedKey) is { Length: ScramKeys.Length } storedKeyBytes
            && ScramText.Bytes(serverKey) is { Length: ScramKeys.Length } serverKeyBytes)
        {
            credentials = new ScramCredentials(iterations, saltBytes, storedKeyBytes, serverKeyBytes);
        }

        return credentials is not null;
    }

    /// <summary>Whether this is the password; takes as long for a wrong one as for the right one.</summary>
    /// <param name="password">The password in UTF-8.</param>
    public bool Matches(ReadOnlySpan<byte> password)
    {
        var text = ScramText.Decode(password) is { } decoded ? ScramText.TryPrepare(decoded) : null;
        var salted = ScramKeys.Salted(text ?? "", _salt, Iterations);
        return CryptographicOperations.FixedTimeEquals(ScramKeys.StoredKey(ScramKeys.ClientKey(salted)), _storedKey) && text is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"${Scheme}${Iterations}${Convert.ToBase64String(_salt)}${Convert.ToBase64String(_storedKey)}${Convert.ToBase64String(_serverKey)}");

    internal static ScramCredentials Create(string password, byte[] salt, int iterations)
    {
        var salted = ScramKeys.Salted(ScramText.Prepare(password, nameof(password)), salt, iterations);
        return new ScramCredentials(iterations, salt, ScramKeys.StoredKey(ScramKeys.ClientKey(salted)), ScramKeys.ServerKey(salted));
    }
}
