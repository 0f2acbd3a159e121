namespace Gateway.Runtime.Configuration;

/// <summary>What a message is about.</summary>
public enum PublishUnit
{
    /// <summary>One reading of one point.</summary>
    Point,

    /// <summary>One poll of one device.</summary>
    Device,
}

/// <summary>What a message looks like.</summary>
public enum PayloadStyle
{
    /// <summary>JSON with value, time, quality, unit and id.</summary>
    Json,

    /// <summary>The bare value.</summary>
    Value,
}

/// <summary>What is published, and how. Immutable.</summary>
public sealed record PublishOptions
{
    /// <summary>The topic, with the placeholders <c>{site}</c>, <c>{device}</c> and <c>{point}</c>. Default all three, one level each.</summary>
    public required string Topic { get; init; }

    /// <summary>What a message looks like. Default JSON.</summary>
    public PayloadStyle Format { get; init; }

    /// <summary>What a message is about. Default a point.</summary>
    public PublishUnit Per { get; init; }

    /// <summary>Whether the upstream broker keeps the last message of a topic. Default false.</summary>
    public bool Retain { get; init; }
}
