using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <summary>The topics behind the aliases that the server uses on one connection. MQTT 5.0 §3.3.2.3.4.</summary>
/// <param name="maximum">Topic Alias Maximum that the client has announced.</param>
internal sealed class TopicAliasTable(ushort maximum)
{
    private readonly string?[] _topics = new string?[maximum + 1];

    /// <summary>Notes the topic of an alias, or puts it in where the alias stands alone.</summary>
    /// <returns>Null, or what is wrong.</returns>
    public DecodeError? Resolve(ref PublishPacket packet)
    {
        if (packet.TopicAlias is not { } alias)
        {
            return null;
        }

        if (alias > maximum)
        {
            return new(ReasonCode.TopicAliasInvalid, "A Topic Alias exceeds Topic Alias Maximum.");
        }

        if (packet.Message.Topic.Length > 0)
        {
            _topics[alias] = packet.Message.Topic;
        }
        else if (_topics[alias] is { } topic)
        {
            packet = packet with { Message = packet.Message with { Topic = topic } };
        }
        else
        {
            return new(ReasonCode.ProtocolError, "A Topic Alias is used before it has a topic.");
        }

        return null;
    }
}
