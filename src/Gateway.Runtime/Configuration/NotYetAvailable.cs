using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Configuration;

/// <summary>
/// What a configuration may say by its schema and this version cannot do. It is refused, so that nobody relies on it.
/// </summary>
internal static class NotYetAvailable
{
    /// <summary>Section, key, value, and what to do instead.</summary>
    private static readonly (string Section, string Key, object Value, string Instead)[] Values =
    [
        ("publish", "format", "influx", "use json or value"),
        ("publish", "format", "thingsboard", "use json or value"),
        ("publish", "format", "template", "use json or value"),
        ("publish", "home-assistant", true, "remove it or write false"),
    ];

    private static readonly (string Section, string Scheme, string Instead)[] ListenerSchemes =
    [
        ("web", "https", "use http"),
    ];

    /// <summary>Reports values that cannot be had yet.</summary>
    public static void Check(Settings configuration, ICollection<Diagnostic> diagnostics)
    {
        foreach (var (section, key, value, instead) in Values)
        {
            if (configuration.TryGet<Settings>(section, out var settings) && settings.TryGet<object>(key, out var found) && found.Equals(value))
            {
                var shown = value is bool ? $"{key}: true" : (string)value;
                diagnostics.Add(Diagnostic.Error(settings.Locate(key), $"'{shown}' is not part of this build yet; {instead}"));
            }
        }
    }

    /// <summary>What to say of a listener's scheme that cannot be had yet, after the listener; null: nothing.</summary>
    public static string? RefuseListener(string section, string scheme) =>
        ListenerSchemes.FirstOrDefault(entry => entry.Section == section && entry.Scheme == scheme) is { Instead: { } instead }
            ? $"needs '{scheme}', which is not part of this build yet; {instead}"
            : null;
}
