using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Calculations;
using Gateway.DeviceMaps.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Maps;

/// <summary>Reads the points of one device that are calculated from others.</summary>
internal sealed class CalculationReader(ICollection<Diagnostic> diagnostics)
{
    /// <summary>The key that makes a point a calculated one.</summary>
    public const string Key = "calc";

    /// <summary>Whether a point is calculated.</summary>
    public static bool IsCalculated(YamlEntry point) => point.Value is YamlMapping body && body.Find(Key) is not null;

    /// <summary>The calculated points that are valid, each after those that it needs.</summary>
    /// <param name="points">All points of the device by name.</param>
    /// <param name="reader">Reads what all points have in common.</param>
    /// <param name="deviceName">The device.</param>
    /// <param name="every">The device's rate.</param>
    public List<PointDefinition> Read(YamlMapping points, PointReader reader, string deviceName, TimeSpan every)
    {
        var calculated = new Dictionary<string, PointDefinition>();
        foreach (var entry in points.Entries.Where(IsCalculated))
        {
            if (reader.ReadBody(entry, CommonKeys.Calculated, deviceName, every, settings => Parse(points, entry, settings)) is { } point)
            {
                calculated.Add(entry.Key, point);
            }
        }

        return Sort(calculated);
    }

    private Calculation? Parse(YamlMapping points, YamlEntry entry, Settings settings)
    {
        if (!settings.TryGet<string>(Key, out var text))
        {
            return null;
        }

        var calculation = Calculation.Parse(text, name => Refuse(points, entry.Key, name), out var fault);
        if (calculation is null)
        {
            var node = ((YamlMapping)entry.Value).Find(Key)!.Value;
            var column = node.Location.Column + fault.Index + (node is YamlScalar { IsQuoted: true } ? 1 : 0);
            diagnostics.Add(Diagnostic.Error(node.Location with { Column = column }, $"'calc' cannot be used: {fault.Message}"));
        }

        return calculation;
    }

    private static string? Refuse(YamlMapping points, string own, string name) =>
        name == own ? "it needs the point itself"
        : points.Find(name) is not null ? null
        : $"there is no point '{name}' in the device{Hyphen(points, name) ?? NearMiss.Suggest(name, points.Entries.Select(point => point.Key))}";

    // flow-temperature is a difference to an expression.
    private static string? Hyphen(YamlMapping points, string name) =>
        points.Entries.FirstOrDefault(point => point.Key.StartsWith(name + "-", StringComparison.Ordinal)) is { } other
            ? $"; '{other.Key}' would need a name with '_' instead of '-'"
            : null;

    private List<PointDefinition> Sort(Dictionary<string, PointDefinition> calculated)
    {
        var sorted = new List<PointDefinition>();
        var left = calculated.Keys.ToList();
        while (left.Count > 0)
        {
            var ready = left.FindAll(name => !calculated[name].Calculation!.Inputs.Any(left.Contains));
            if (ready.Count == 0)
            {
                var point = calculated[left[0]];
                diagnostics.Add(Diagnostic.Error(point.Settings.Locate(Key), $"'calc' goes round in a circle: {Wording.Join(left, "and")} need each other"));
                return sorted;
            }

            sorted.AddRange(ready.Select(name => calculated[name]));
            left.RemoveAll(ready.Contains);
        }

        return sorted;
    }
}
