using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Serial.Fields;

namespace Gateway.Drivers.Serial.Decoders;

/// <summary>A point of what a decoder returns.</summary>
/// <param name="Point">The point.</param>
/// <param name="Path">The way to its value in <c>data</c>.</param>
/// <param name="Kind">What it is.</param>
internal sealed record JavaScriptPoint(PointDefinition Point, JsonPath Path, TextKind Kind);

/// <summary>Turns the keys of points into ways through what a decoder returns.</summary>
internal static class JavaScriptPoints
{
    /// <summary>The points; null if one is not possible, which is reported.</summary>
    public static IReadOnlyList<JavaScriptPoint>? Parse(IEnumerable<PointDefinition> points, ICollection<Diagnostic> diagnostics)
    {
        var before = diagnostics.Count;
        var parsed = new List<JavaScriptPoint>();
        foreach (var point in points)
        {
            var key = point.Settings.Get<string>("key");
            var kind = PointPlaceParser.ParseKind(point.Settings, diagnostics);
            if (JsonPath.Parse(key) is not { } path)
            {
                diagnostics.Add(Diagnostic.Error(point.Settings.Locate("key"), $"'{key}' is no path: write names with points between them, such as soil.moisture"));
            }
            else if (kind is not null)
            {
                parsed.Add(new JavaScriptPoint(point, path, kind.Value));
            }
        }

        return diagnostics.Count > before ? null : parsed;
    }
}
