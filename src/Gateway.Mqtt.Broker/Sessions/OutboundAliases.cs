using Gateway.Mqtt.Broker.Routing;

namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>
/// The Topic Aliases that the broker chose on one connection: the first topics it sends get them, and keep them.
/// MQTT 5.0 §3.3.2.3.4. Not thread-safe.
/// </summary>
internal sealed class OutboundAliases(ushort maximum)
{
    /// <summary>What an alias adds to a packet at most: the property, and a byte more for each of the two lengths.</summary>
    public const int LongestAddition = 5;

    private readonly Dictionary<byte[], ushort>.AlternateLookup<ReadOnlySpan<byte>> _aliases =
        new Dictionary<byte[], ushort>(TopicBytesComparer.Instance).GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>
    /// The alias of a topic, and whether the client knows it already, so that the topic itself can be left out;
    /// 0 when there is none to take.
    /// </summary>
    public ushort Take(ReadOnlySpan<byte> topic, bool mayAdd, out bool isKnown)
    {
        isKnown = _aliases.TryGetValue(topic, out var alias);
        if (!isKnown && mayAdd && _aliases.Dictionary.Count < maximum)
        {
            alias = (ushort)(_aliases.Dictionary.Count + 1);
            _aliases[topic] = alias;
        }

        return alias;
    }
}
