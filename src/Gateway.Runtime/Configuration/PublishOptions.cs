using Gateway.Runtime.Publishing;

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

    /// <summary>InfluxDB's line protocol.</summary>
    Influx,

    /// <summary>What ThingsBoard takes; topics, attributes and commands are ThingsBoard's then, too.</summary>
    ThingsBoard,

    /// <summary>JSON of the user's own form.</summary>
    Template,
}

/// <summary>What is published, and how. Immutable.</summary>
public sealed record PublishOptions
{
    /// <summary>The default of <see cref="Topic"/>.</summary>
    public const string DefaultTopic = "{site}/{device}/{point}";

    /// <summary>
    /// The topic, with the placeholders <c>{site}</c>, <c>{device}</c> and <c>{point}</c>. Default all three, one level each. With
    /// <see cref="PayloadStyle.ThingsBoard"/> one of its two, which have none.
    /// </summary>
    public required string Topic { get; init; }

    /// <summary>What a message looks like. Default JSON.</summary>
    public PayloadStyle Format { get; init; }

    /// <summary>The payload's form with <see cref="PayloadStyle.Template"/>, see <see cref="PayloadTemplate"/>; else null.</summary>
    public string? Template { get; init; }

    /// <summary>What a message is about. Default a point.</summary>
    public PublishUnit Per { get; init; }

    /// <summary>Whether the upstream broker keeps the last message of a topic. Default false.</summary>
    public bool Retain { get; init; }

    /// <summary>The first levels of the topics by which Home Assistant is told of devices; null: it is not told. Default null.</summary>
    public string? HomeAssistantPrefix { get; init; }

    /// <summary>The same for the local broker, whose last messages are retained, and which is no ThingsBoard.</summary>
    public PublishOptions AtLocalBroker() => this with
    {
        Retain = true,
        Topic = Format == PayloadStyle.ThingsBoard ? DefaultTopic : Topic,
        Format = Format == PayloadStyle.ThingsBoard ? PayloadStyle.Json : Format,
    };
}
