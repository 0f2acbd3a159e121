namespace Gateway.Mqtt.Broker.Retained;

/// <summary>What became of a topic's retained message.</summary>
internal enum RetainedChange
{
    /// <summary>There was none before.</summary>
    Added,

    /// <summary>There was another one.</summary>
    Replaced,

    /// <summary>There is none any more.</summary>
    Removed,
}
