using Gateway.Mqtt.Packets;

namespace Gateway.Runtime.Publishing;

/// <summary>What a broker's refusal of a message means.</summary>
internal enum RefusalKind
{
    /// <summary>It is the message, and it will be refused again.</summary>
    Never,

    /// <summary>It may be the message, or the broker's rules, which somebody may change: tried again a few times.</summary>
    Perhaps,

    /// <summary>It is not the message: the broker has too much to do, or has given enough for now.</summary>
    Later,
}

/// <summary>Judges Reason Codes of PUBACK, PUBREC and PUBCOMP. MQTT 5.0 §3.4.2.1, §3.5.2.1, §3.6.2.1. Pure.</summary>
internal static class Refusals
{
    /// <summary>What a failure means.</summary>
    public static RefusalKind Judge(ReasonCode code) => code switch
    {
        // The topic, the payload and the length are the message's own.
        ReasonCode.TopicNameInvalid or ReasonCode.PayloadFormatInvalid or ReasonCode.PacketTooLarge => RefusalKind.Never,

        // Brokers say these of a message that a rule or a plug-in of theirs turns down, and of troubles that pass.
        ReasonCode.UnspecifiedError or ReasonCode.ImplementationSpecificError => RefusalKind.Perhaps,

        // Quota exceeded among them, which is about how much came and not about what.
        _ when code.IsTransient() => RefusalKind.Later,

        // Not authorized, above all.
        _ => RefusalKind.Perhaps,
    };
}
