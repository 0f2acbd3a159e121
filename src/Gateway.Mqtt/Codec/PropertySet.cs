using static Gateway.Mqtt.Codec.PropertyIdentifier;

namespace Gateway.Mqtt.Codec;

/// <summary>The properties that a packet may carry: one bit per identifier. Table 2-4, MQTT 5.0 §2.2.2.2.</summary>
internal static class PropertySet
{
    public static readonly ulong Connect = Of(
        SessionExpiryInterval, ReceiveMaximum, PropertyIdentifier.MaximumPacketSize, TopicAliasMaximum, RequestResponseInformation,
        RequestProblemInformation, UserProperty, AuthenticationMethod, AuthenticationData);

    public static readonly ulong Will = Of(
        WillDelayInterval, PayloadFormatIndicator, MessageExpiryInterval, ContentType, ResponseTopic, CorrelationData, UserProperty);

    public static readonly ulong ConnAck = Of(
        SessionExpiryInterval, ReceiveMaximum, MaximumQoS, RetainAvailable, PropertyIdentifier.MaximumPacketSize,
        AssignedClientIdentifier, TopicAliasMaximum, ReasonString, UserProperty, WildcardSubscriptionAvailable,
        SubscriptionIdentifierAvailable, SharedSubscriptionAvailable, ServerKeepAlive, ResponseInformation, ServerReference,
        AuthenticationMethod, AuthenticationData);

    public static readonly ulong Publish = Of(
        PayloadFormatIndicator, MessageExpiryInterval, TopicAlias, ResponseTopic, CorrelationData, UserProperty,
        SubscriptionIdentifier, ContentType);

    public static readonly ulong Diagnostics = Of(ReasonString, UserProperty);

    public static readonly ulong Subscribe = Of(SubscriptionIdentifier, UserProperty);

    public static readonly ulong Unsubscribe = Of(UserProperty);

    public static readonly ulong Disconnect = Of(SessionExpiryInterval, ReasonString, UserProperty, ServerReference);

    public static readonly ulong Auth = Of(AuthenticationMethod, AuthenticationData, ReasonString, UserProperty);

    /// <summary>The properties that may stand more than once.</summary>
    public static readonly ulong Repeatable = Of(UserProperty, SubscriptionIdentifier);

    public static ulong Bit(byte identifier) => identifier < 64 ? 1UL << identifier : 0;

    private static ulong Of(params ReadOnlySpan<PropertyIdentifier> identifiers)
    {
        var bits = 0UL;
        foreach (var identifier in identifiers)
        {
            bits |= Bit((byte)identifier);
        }

        return bits;
    }
}
