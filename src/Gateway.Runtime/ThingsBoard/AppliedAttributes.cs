using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Runtime.ThingsBoard;

/// <summary>
/// Which shared attributes points were set to, over restarts: an old one that is heard of again must not move hardware. Thread-safe.
/// </summary>
/// <param name="memory">Where points keep what they keep; null: it is not open yet, and nothing is known.</param>
/// <param name="uplink">The uplink's name: each server has attributes of its own.</param>
internal sealed class AppliedAttributes(Func<IPointMemory?> memory, string uplink)
{
    // They are set by hand: one more write is no matter, one more switching is.
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(1);

    private readonly string _key = $"thingsboard {uplink}";

    /// <summary>Whether the point was last set to this value.</summary>
    public bool Has(PointDefinition point, in PointValue value) => memory()?.Load(point, _key) == FingerprintOf(value);

    /// <summary>The point was set to this value.</summary>
    public void Keep(PointDefinition point, in PointValue value) => memory()?.Save(point, _key, FingerprintOf(value), Within);

    // The memory has numbers only, and an attribute may be a text: 64 bits of a hash tell one from the next.
    private static decimal FingerprintOf(in PointValue value)
    {
        var kind = value.IsNumber ? "number" : value.Kind.ToString();
        return BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind} {value}")));
    }
}
