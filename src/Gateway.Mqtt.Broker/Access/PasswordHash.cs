using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>
/// A salted, slow hash of a password, as users files of earlier versions hold it: PBKDF2 with HMAC-SHA-512 (RFC 8018 §5.2),
/// <c>$pbkdf2-sha512${iterations}${salt}${key}</c> with salt and key in Base64.
/// </summary>
internal sealed class PasswordHash
{
    private const string Scheme = "pbkdf2-sha512";

    private const int MostIterations = 10_000_000;

    private readonly int _iterations;
    private readonly byte[] _salt;
    private readonly byte[] _key;

    private PasswordHash(int iterations, byte[] salt, byte[] key)
    {
        _iterations = iterations;
        _salt = salt;
        _key = key;
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out PasswordHash? hash)
    {
        hash = null;
        var parts = text.Split('$');
        if (parts is not ["", Scheme, var iterationsText, var saltText, var keyText]
            || !int.TryParse(iterationsText, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations)
            || iterations is < 1 or > MostIterations
            || !TryDecode(saltText, out var salt)
            || !TryDecode(keyText, out var key))
        {
            return false;
        }

        hash = new PasswordHash(iterations, salt, key);
        return true;
    }

    /// <summary>Takes as long for a wrong password as for the right one.</summary>
    public bool Matches(ReadOnlySpan<byte> password)
        => CryptographicOperations.FixedTimeEquals(Derive(password, _salt, _iterations, _key.Length), _key);

    private static byte[] Derive(ReadOnlySpan<byte> password, byte[] salt, int iterations, int length)
        => Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA512, length);

    private static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length];
        var isBase64 = Convert.TryFromBase64String(text, bytes, out var length) && length >= 8;
        bytes = bytes[..length];
        return isBase64;
    }
}
