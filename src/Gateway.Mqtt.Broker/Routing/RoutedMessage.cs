using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Routing;

/// <summary>
/// A message while it is routed: a view of the packet that it came in, so that what is only passed on is never
/// copied to the heap. The first subscriber that has to keep it makes the copy which all share.
/// </summary>
internal ref struct RoutedMessage
{
    /// <summary>Never expires.</summary>
    public const long Never = long.MaxValue;

    private StoredMessage? _stored;

    public RoutedMessage()
    {
    }

    public RoutedMessage(StoredMessage stored)
    {
        Topic = stored.Topic;
        Properties = stored.Properties;
        Payload = stored.Payload;
        QoS = stored.QoS;
        Retain = stored.Retain;
        ExpiryOffset = stored.ExpiryOffset;
        ExpiresAt = stored.ExpiresAt;
        Origin = stored.Origin;
        _stored = stored;
    }

    /// <summary>UTF-8, valid, without wildcards.</summary>
    public ReadOnlySpan<byte> Topic;

    /// <summary>
    /// The 5.0 properties as they stand in the packet, without their length, and without Topic Alias and Subscription
    /// Identifier, which each copy gets anew.
    /// </summary>
    public ReadOnlySpan<byte> Properties;

    /// <summary>Where the value of the Message Expiry Interval lies in <see cref="Properties"/>; -1 without.</summary>
    public int ExpiryOffset = -1;

    public ReadOnlySpan<byte> Payload;

    public QualityOfService QoS;

    /// <summary>RETAIN as it was published.</summary>
    public bool Retain;

    /// <summary>Milliseconds on the broker's clock; <see cref="Never"/> without a Message Expiry Interval.</summary>
    public long ExpiresAt = Never;

    /// <summary>Now, milliseconds on the broker's clock.</summary>
    public long Now;

    /// <summary>The Client Identifier of who published it, for No Local; null for this process.</summary>
    public string? Origin;

    /// <summary>Who published it, as far as that is known: null for this process, and for a message that was stored.</summary>
    public ClientIdentity? Publisher;

    /// <summary>Where encodings are shared among subscribers; null when there is only one.</summary>
    public PublishVariants? Variants;

    public StoredMessage Store() => _stored ??= new StoredMessage(this);

    /// <summary>What is left of the Message Expiry Interval, whole seconds, rounded up; null when it never expires. MQTT 5.0 §3.3.2.3.3.</summary>
    public readonly uint? SecondsLeft => ExpiresAt == Never ? null : (uint)((Math.Max(0, ExpiresAt - Now) + 999) / 1000);
}
