using System.Security.Cryptography;

namespace Gateway.Mqtt.Authentication;

/// <summary>
/// SCRAM-SHA-256 without channel binding: user and server prove to each other that they know the password, and no
/// eavesdropper learns it. RFC 5802, RFC 7677. Thread-safe.
/// </summary>
public sealed class ScramSha256 : IAuthenticationMethod
{
    /// <summary>Its name as an Authentication Method.</summary>
    public const string MethodName = "SCRAM-SHA-256";

    private const int NonceLength = 18;

    private readonly string _userName;
    private readonly string _password;
    private DerivedKeys? _keys;

    /// <param name="userName">1 to 1,000 characters; beyond ASCII in the form NFKC, unless the program runs with ICU, which brings it there.</param>
    /// <param name="password">Not empty; the same.</param>
    /// <exception cref="ArgumentException">User name or password is empty, or holds a control character.</exception>
    public ScramSha256(string userName, string password)
    {
        _userName = ScramText.Prepare(userName, nameof(userName));
        _password = ScramText.Prepare(password, nameof(password));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_userName.Length, 1000, nameof(userName));
    }

    /// <inheritdoc/>
    public string Name => MethodName;

    /// <inheritdoc/>
    public IAuthenticationExchange Begin() => Begin(Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceLength)));

    internal IAuthenticationExchange Begin(string nonce) => new ScramClientExchange(this, _userName, nonce);

    // The slow part; a server's salt stays the same from one connection to the next. RFC 5802 §5.1 has the cache in mind too.
    internal DerivedKeys Derive(byte[] salt, int iterations)
    {
        var keys = Volatile.Read(ref _keys);
        if (keys is null || keys.Iterations != iterations || !keys.Salt.AsSpan().SequenceEqual(salt))
        {
            var salted = ScramKeys.Salted(_password, salt, iterations);
            keys = new DerivedKeys(salt, iterations, ScramKeys.ClientKey(salted), ScramKeys.ServerKey(salted));
            Volatile.Write(ref _keys, keys);
        }

        return keys;
    }

    internal sealed record DerivedKeys(byte[] Salt, int Iterations, byte[] ClientKey, byte[] ServerKey);
}
