namespace Gateway.Mqtt.Codec;

/// <summary>What a decoder makes of packets of those who are not trusted.</summary>
/// <param name="TopicFilters">Topic Filters of one SUBSCRIBE or UNSUBSCRIBE, 1 or more; a packet with more of them is refused (0x97).</param>
/// <param name="KeepsUserProperties">
/// Whether packets have their User Properties. Without, they are checked and left out, since small ones take ten times as much
/// memory as their bytes; those of a PUBLISH or a Will, which are for subscribers, are kept all the same.
/// </param>
public readonly record struct DecodeLimits(int TopicFilters, bool KeepsUserProperties)
{
    /// <summary>Everything is decoded and kept.</summary>
    public static DecodeLimits None { get; } = new(int.MaxValue, KeepsUserProperties: true);
}
