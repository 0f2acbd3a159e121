namespace Gateway.Runtime.Configuration;

/// <summary>Where metrics are sent, beside the page that they are fetched from. Immutable.</summary>
public sealed record MetricsOptions
{
    /// <summary>The OTLP collector, by HTTP with the path for metrics; null: none.</summary>
    public Uri? Otlp { get; init; }

    /// <summary>How often they are sent. Default 1 min.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromMinutes(1);
}
