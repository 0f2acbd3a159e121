using System.Globalization;
using System.Text;

namespace Gateway.Web.Metrics;

/// <summary>
/// Prometheus' text format, version 0.0.4, and the names that OpenTelemetry's specification gives metrics in it: dots become underscores, units are
/// written out behind the name, counters end in <c>_total</c>.
/// </summary>
internal static class PrometheusText
{
    /// <summary>What the format calls itself.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>The name of an instrument.</summary>
    /// <param name="name">As the instrument has it, such as <c>gateway.queue.age</c>.</param>
    /// <param name="unit">Its unit; one in braces says what is counted, and is no unit.</param>
    /// <param name="kind">counter, gauge or histogram.</param>
    public static string NameOf(string name, string? unit, string kind)
    {
        var words = unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            "1" when kind == "gauge" => "_ratio",
            null or "1" or ['{', ..] => "",
            _ => throw new ArgumentException($"There is no word for the unit {unit}.", nameof(unit)),
        };
        return name.Replace('.', '_') + words + (kind == "counter" ? "_total" : "");
    }

    /// <summary>Labels as they stand within the braces: <c>bus="a",device="b"</c>.</summary>
    public static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(key.Replace('.', '_')).Append("=\"");
            foreach (var c in Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")
            {
                _ = c switch
                {
                    '\\' => text.Append(@"\\"),
                    '"' => text.Append("\\\""),
                    '\n' => text.Append("\\n"),
                    _ => text.Append(c),
                };
            }

            text.Append('"');
        }

        return text.ToString();
    }

    /// <summary>Writes a family; nothing if nothing was measured.</summary>
    public static void Write(StringBuilder text, MetricFamily family)
    {
        if (family.Values.Count + family.Histograms.Count == 0)
        {
            return;
        }

        text.Append("# HELP ").Append(family.Name).Append(' ').Append(family.Instrument.Description?.Replace(@"\", @"\\", StringComparison.Ordinal)).Append('\n');
        text.Append("# TYPE ").Append(family.Name).Append(' ').Append(family.Kind).Append('\n');
        foreach (var (labels, value) in family.Values)
        {
            WriteSample(text, family.Name, "", labels, value);
        }

        foreach (var (labels, histogram) in family.Histograms)
        {
            var count = 0L;
            for (var i = 0; i < histogram.Counts.Length; i++)
            {
                count += histogram.Counts[i];
                var bound = i < family.Bounds.Length ? Number(family.Bounds[i]) : "+Inf";
                WriteSample(text, family.Name, "_bucket", $"{labels}{(labels.Length > 0 ? "," : "")}le=\"{bound}\"", count);
            }

            WriteSample(text, family.Name, "_sum", labels, histogram.Sum);
            WriteSample(text, family.Name, "_count", labels, count);
        }
    }

    private static void WriteSample(StringBuilder text, string name, string suffix, string labels, double value)
    {
        text.Append(name).Append(suffix);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => double.IsFinite(value) ? value.ToString(CultureInfo.InvariantCulture) : double.IsNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
