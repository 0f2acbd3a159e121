using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Maps;

/// <summary>Lays a device over its profile, key by key. Each value keeps the place that it came from.</summary>
internal static class NodeMerge
{
    /// <summary>
    /// The keys of both; where both have one, that of <paramref name="over"/>. Of keys that exclude each other only those
    /// of <paramref name="over"/> stay, if it has any.
    /// </summary>
    public static YamlMapping Merge(YamlMapping under, YamlMapping over, SectionSchema schema)
    {
        var dropped = schema.ExactlyOneOf
            .Where(alternatives => over.Entries.Any(entry => alternatives.Contains(entry.Key)))
            .SelectMany(alternatives => alternatives)
            .ToHashSet();
        var kept = under.Entries.Where(entry => over.Find(entry.Key) is null && !dropped.Contains(entry.Key));
        return over with { Entries = [.. kept, .. over.Entries] };
    }

    /// <summary>The points of both, in the order of the profile and then of the device.</summary>
    public static YamlMapping MergePoints(YamlMapping under, YamlMapping over, SectionSchema schema)
    {
        var merged = under.Entries.Select(entry => over.Find(entry.Key) switch
        {
            null => entry,
            { Value: YamlMapping point } own when entry.Value is YamlMapping profilePoint => own with { Value = Merge(profilePoint, point, schema) },
            var own => own,
        });
        var added = over.Entries.Where(entry => under.Find(entry.Key) is null);
        return over with { Entries = [.. merged, .. added] };
    }

    /// <summary>Points, each without a key.</summary>
    public static YamlMapping Without(string key, YamlMapping points) => points with
    {
        Entries = [.. points.Entries.Select(entry => entry.Value is YamlMapping point && point.Find(key) is not null
            ? entry with { Value = point with { Entries = [.. point.Entries.Where(own => own.Key != key)] } }
            : entry)],
    };
}
