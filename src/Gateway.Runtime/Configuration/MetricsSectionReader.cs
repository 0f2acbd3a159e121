using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps;

namespace Gateway.Runtime.Configuration;

/// <summary>Turns the section <c>metrics</c> into options.</summary>
internal static class MetricsSectionReader
{
    // Where collectors take metrics by HTTP, by the OpenTelemetry protocol's specification.
    private const string StandardPath = "/v1/metrics";

    /// <summary>What the section may say.</summary>
    public static SectionSchema Schema { get; } = new()
    {
        Name = "metrics",
        Keys =
        [
            new() { Name = "otlp", Type = KeyType.Text, Description = "The OpenTelemetry collector that metrics are sent to by HTTP; without a path, /v1/metrics. Headers that it asks for: OTEL_EXPORTER_OTLP_HEADERS.", Example = "http://collector.example.org:4318" },
            new() { Name = "every", Type = KeyType.Duration, Default = TimeSpan.FromMinutes(1), Minimum = 1, Maximum = 86_400, Description = "How often they are sent.", Example = "30 s" },
        ],
        Instead = new Dictionary<string, string>
        {
            ["listen"] = "the page serves them at /metrics, so 'web: { listen: … }' says where",
            ["prometheus"] = "the page serves them at /metrics, so 'web: { listen: … }' says where",
        },
    };

    /// <summary>The options; an address that cannot be used is reported.</summary>
    public static MetricsOptions Read(Settings metrics, ICollection<Diagnostic> diagnostics) => new()
    {
        Otlp = metrics.TryGet<string>("otlp", out var written) ? ReadAddress(written, metrics.Locate("otlp"), diagnostics) : null,
        Every = metrics.TryGet<TimeSpan>("every", out var every) ? every : default,
    };

    private static Uri? ReadAddress(string written, SourceLocation place, ICollection<Diagnostic> diagnostics)
    {
        if (UrlText.WithoutUser(written) is var shown && shown != written)
        {
            diagnostics.Add(Diagnostic.Error(place, $"user and password do not belong in an address; write '{shown}', and give the collector's credentials as a header: OTEL_EXPORTER_OTLP_HEADERS in the service's environment"));
            return null;
        }

        if (!Uri.TryCreate(written, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            diagnostics.Add(Diagnostic.Error(place, $"'{written}' is not the address of a collector, such as http://collector.example.org:4318"));
            return null;
        }

        return uri.AbsolutePath == "/" ? new Uri(uri, StandardPath) : uri;
    }
}
