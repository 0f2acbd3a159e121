using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gateway.Mqtt.Authentication;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>
/// The users of a file as it was read. Who is not among them is answered as if somebody were: with the work that a user's
/// password costs, and with a salt that is the same each time. Immutable.
/// </summary>
internal sealed class KnownUsers
{
    private readonly Dictionary<string, StoredPassword> _users;
    private readonly StoredPassword[] _all;
    private readonly byte[] _secret;

    /// <param name="users">As they stand in the file.</param>
    /// <param name="secret">Of which salts are made up: who knows it can tell those from real ones.</param>
    public KnownUsers(Dictionary<string, StoredPassword> users, byte[] secret)
    {
        _users = users;
        _all = [.. users.OrderBy(user => user.Key, StringComparer.Ordinal).Select(user => user.Value)];
        _secret = secret;
    }

    /// <summary>Whether there is such a user; not for the answer to a log-in.</summary>
    public bool Contains(string userName) => _users.ContainsKey(userName);

    /// <summary>Who is here and not in <paramref name="newer"/>, or has another line there.</summary>
    public IReadOnlySet<string> FindChanged(KnownUsers newer)
        => _users.Where(user => !newer._users.TryGetValue(user.Key, out var stored) || stored.Text != user.Value.Text).Select(user => user.Key).ToHashSet(StringComparer.Ordinal);

    /// <summary>Takes as long whether the user is known or not, and the password right or wrong.</summary>
    public bool Matches(string userName, ReadOnlySpan<byte> password)
    {
        var isKnown = _users.TryGetValue(userName, out var stored);
        stored ??= StandIn(MakeUp(userName));
        return (stored?.Matches(password) ?? false) && isKnown;
    }

    /// <summary>For <see cref="ScramServerExchange"/>.</summary>
    public ScramCredentials FindScram(string userName)
    {
        var madeUp = MakeUp(userName);
        return _users.TryGetValue(userName, out var stored) && stored.Scram is { } scram
            ? scram
            : ScramCredentials.OfNobody(madeUp.AsSpan(0, ScramCredentials.SaltLength), StandIn(madeUp)?.Scram?.Iterations);
    }

    private byte[] MakeUp(string userName) => HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(userName));

    // Null: there are no users at all, which is nothing to hide.
    private StoredPassword? StandIn(byte[] madeUp) =>
        _all.Length == 0 ? null : _all[BinaryPrimitives.ReadUInt32BigEndian(madeUp.AsSpan(madeUp.Length - 4)) % _all.Length];
}
