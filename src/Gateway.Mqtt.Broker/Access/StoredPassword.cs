using System.Diagnostics.CodeAnalysis;
using Gateway.Mqtt.Authentication;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>What a line of the users file holds of a password: credentials for SCRAM-SHA-256, or a hash of an older file.</summary>
internal sealed class StoredPassword
{
    private readonly PasswordHash? _hash;

    private StoredPassword(string text, PasswordHash? hash, ScramCredentials? scram)
    {
        Text = text;
        Scram = scram;
        _hash = hash;
    }

    /// <summary>As it stands in the file.</summary>
    public string Text { get; }

    /// <summary>Null where there is only a hash, which cannot check a proof.</summary>
    public ScramCredentials? Scram { get; }

    public static bool TryParse(string text, [NotNullWhen(true)] out StoredPassword? password)
    {
        password = ScramCredentials.TryParse(text, out var scram) ? new StoredPassword(text, null, scram)
            : PasswordHash.TryParse(text, out var hash) ? new StoredPassword(text, hash, null)
            : null;
        return password is not null;
    }

    /// <summary>Takes as long for a wrong password as for the right one.</summary>
    public bool Matches(ReadOnlySpan<byte> password) => Scram?.Matches(password) ?? _hash!.Matches(password);
}
