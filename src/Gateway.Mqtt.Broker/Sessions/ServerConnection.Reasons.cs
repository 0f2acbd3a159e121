using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Sessions;

/// <content>
/// Reason Strings: what the code of a refusal leaves open. MQTT 5.0 §3.4.2.2.2 and its likes. The codec leaves them out where the
/// client's Maximum Packet Size has no room for them.
/// </content>
internal sealed partial class ServerConnection
{
    // MQTT-3.1.2-29: not for clients that ask for no problem information. DISCONNECT may have one even then; it has none either.
    private bool _explains;

    /// <summary>One sentence for the first refusal among the codes of an acknowledgement; null: nothing is refused, or the client wants no words.</summary>
    private string? Explain(params ReadOnlySpan<ReasonCode> reasonCodes)
    {
        if (!_explains)
        {
            return null;
        }

        foreach (var reasonCode in reasonCodes)
        {
            if (reasonCode.IsFailure())
            {
                return Words(reasonCode);
            }
        }

        return null;
    }

    // Of a PUBLISH; a SUBSCRIBE has another quota.
    private string? ExplainRefusal(ReasonCode reasonCode) =>
        _explains && reasonCode == ReasonCode.QuotaExceeded ? "What has to keep the message, such as a bridge, has no room for it." : Explain(reasonCode);

    private string? Words(ReasonCode reasonCode) => reasonCode switch
    {
        ReasonCode.NotAuthorized => "The access list does not allow it, or the topic is the broker's own.",
        ReasonCode.TopicNameInvalid => $"A Topic Name has at most {_state.Limits.TopicLength} bytes and {_state.Limits.TopicLevels} levels.",
        ReasonCode.TopicFilterInvalid => $"A Topic Filter has at most {_state.Limits.TopicLength} bytes and {_state.Limits.TopicLevels} levels.",
        ReasonCode.PacketIdentifierInUse => "A QoS 2 message that is under way has this Packet Identifier.",
        ReasonCode.PacketIdentifierNotFound => "No message that is under way has this Packet Identifier.",
        ReasonCode.QuotaExceeded => $"A client has at most {_state.Limits.Subscriptions} subscriptions.",
        ReasonCode.PayloadFormatInvalid => "The payload is not the UTF-8 that its Payload Format Indicator says.",
        _ => null,
    };
}
