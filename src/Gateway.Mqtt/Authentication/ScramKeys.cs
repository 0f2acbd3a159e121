using System.Security.Cryptography;
using System.Text;

namespace Gateway.Mqtt.Authentication;

/// <summary>The formulas of RFC 5802 §3, with SHA-256.</summary>
internal static class ScramKeys
{
    /// <summary>Bytes of every key and signature.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    /// <summary>SaltedPassword := Hi(Normalize(password), salt, i)</summary>
    public static byte[] Salted(string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, Length);

    /// <summary>ClientKey := HMAC(SaltedPassword, "Client Key")</summary>
    public static byte[] ClientKey(byte[] salted) => HMACSHA256.HashData(salted, "Client Key"u8);

    /// <summary>ServerKey := HMAC(SaltedPassword, "Server Key")</summary>
    public static byte[] ServerKey(byte[] salted) => HMACSHA256.HashData(salted, "Server Key"u8);

    /// <summary>StoredKey := H(ClientKey)</summary>
    public static byte[] StoredKey(ReadOnlySpan<byte> clientKey) => SHA256.HashData(clientKey);

    /// <summary>HMAC(key, AuthMessage)</summary>
    public static byte[] Sign(byte[] key, string authMessage) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(authMessage));

    /// <summary>ClientKey XOR ClientSignature is the proof, and the proof XOR ClientSignature is ClientKey.</summary>
    public static byte[] Xor(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var result = new byte[Length];
        for (var i = 0; i < Length; i++)
        {
            result[i] = (byte)(a[i] ^ b[i]);
        }

        return result;
    }
}
