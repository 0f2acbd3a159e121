namespace Gateway.Mqtt.Packets;

/// <summary>When a subscription brings retained messages. MQTT 5.0 §3.8.3.1.</summary>
public enum RetainHandling : byte
{
    /// <summary>At every SUBSCRIBE.</summary>
    SendAtSubscribe = 0,

    /// <summary>Only if the subscription did not exist before.</summary>
    SendIfNew = 1,

    /// <summary>Never.</summary>
    DoNotSend = 2,
}
