using System.Buffers;
using System.Text;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>
/// A level of a topic pattern in which <c>%u</c> and <c>%c</c> stand for the client's names. What a client calls itself
/// is compared byte by byte and never read as a pattern. Immutable.
/// </summary>
internal sealed class LevelTemplate
{
    private const int OnStack = 256;

    private static ReadOnlySpan<byte> User => "%u"u8;

    private static ReadOnlySpan<byte> Client => "%c"u8;

    // Literal bytes, or "%u" and "%c" by reference to the kind.
    private readonly List<(Part Part, byte[] Bytes)> _parts = [];

    private LevelTemplate()
    {
    }

    private enum Part
    {
        Literal,
        UserName,
        ClientId,
    }

    /// <summary>False when the level has no placeholder.</summary>
    public static bool TryParse(ReadOnlySpan<byte> level, out LevelTemplate template)
    {
        template = new LevelTemplate();
        var hasPlaceholder = false;
        while (!level.IsEmpty)
        {
            var part = level.StartsWith(User) ? Part.UserName : level.StartsWith(Client) ? Part.ClientId : Part.Literal;
            var length = part == Part.Literal ? LiteralLength(level) : User.Length;
            template._parts.Add((part, level[..length].ToArray()));
            hasPlaceholder |= part != Part.Literal;
            level = level[length..];
        }

        return hasPlaceholder;
    }

    public bool Matches(ReadOnlySpan<byte> level, ClientIdentity client)
    {
        foreach (var (part, bytes) in _parts)
        {
            var isTaken = part switch
            {
                Part.UserName => TryTake(ref level, client.UserName),
                Part.ClientId => TryTake(ref level, client.ClientId),
                _ => TryTake(ref level, bytes),
            };
            if (!isTaken)
            {
                return false;
            }
        }

        return level.IsEmpty;
    }

    private static int LiteralLength(ReadOnlySpan<byte> level)
    {
        var user = level.IndexOf(User);
        var client = level.IndexOf(Client);
        return Math.Min(user < 0 ? level.Length : user, client < 0 ? level.Length : client);
    }

    private static bool TryTake(ref ReadOnlySpan<byte> level, scoped ReadOnlySpan<byte> bytes)
    {
        if (!level.StartsWith(bytes))
        {
            return false;
        }

        level = level[bytes.Length..];
        return true;
    }

    // A client without the name has no topic of that name.
    private static bool TryTake(ref ReadOnlySpan<byte> level, string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return false;
        }

        var most = Encoding.UTF8.GetMaxByteCount(name.Length);
        byte[]? rented = null;
        var buffer = most <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(most);
        var isTaken = TryTake(ref level, buffer[..Encoding.UTF8.GetBytes(name, buffer)]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return isTaken;
    }
}
