using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Maps;

/// <summary>A profile of the device library as people look at it: what it says, in its own words. Immutable.</summary>
/// <param name="Name"><c>maker/model</c></param>
/// <param name="Path">The file that it was read from.</param>
/// <param name="Driver">The driver that it is for; empty if the file does not say.</param>
/// <param name="Description">Maker, model and what it is.</param>
/// <param name="Sources">Where its registers are documented.</param>
/// <param name="Settings">What it says of the device, apart from the points.</param>
/// <param name="Points">The points, in the order of the file.</param>
public sealed record ProfileDescription(
    string Name,
    string Path,
    string Driver,
    string Description,
    IReadOnlyList<string> Sources,
    IReadOnlyList<ProfileKey> Settings,
    IReadOnlyList<ProfilePoint> Points)
{
    private static readonly string[] OwnKeys = ["driver", "description", "source", "points", FileSchema.Key.Name];

    /// <summary>Reads a profile; null if the file is not a document with keys.</summary>
    internal static ProfileDescription? Read(string name, string path, ISourceFiles files)
    {
        var diagnostics = new List<Diagnostic>();
        if (SourceText.Read(files, path, diagnostics) is not { } text || YamlReader.Read(path, text, diagnostics) is not [YamlMapping body])
        {
            return null;
        }

        return new ProfileDescription(
            name,
            path,
            TextOf(body, "driver"),
            TextOf(body, "description"),
            body.Find("source")?.Value switch
            {
                YamlSequence list => [.. list.Items.OfType<YamlScalar>().Select(source => source.Text)],
                YamlScalar source => [source.Text],
                _ => [],
            },
            KeysOf(body, OwnKeys),
            body.Find("points")?.Value is YamlMapping points ? [.. points.Entries.Select(ToPoint)] : []);
    }

    private static ProfilePoint ToPoint(YamlEntry entry) =>
        new(entry.Key, entry.Value is YamlMapping point ? KeysOf(point, []) : []);

    private static ProfileKey[] KeysOf(YamlMapping mapping, string[] except) =>
        [.. mapping.Entries.Where(entry => !except.Contains(entry.Key)).Select(entry => new ProfileKey(entry.Key, FlowText.Of(entry.Value)))];

    private static string TextOf(YamlMapping body, string key) => body.Find(key)?.Value is YamlScalar scalar ? scalar.Text : "";
}

/// <summary>One point of a profile, in its own words.</summary>
/// <param name="Name">The point's name.</param>
/// <param name="Keys">Its keys, in the order of the file.</param>
public sealed record ProfilePoint(string Name, IReadOnlyList<ProfileKey> Keys)
{
    /// <summary>The value of a key; null if the point has none.</summary>
    public string? Find(string name) => Keys.FirstOrDefault(key => key.Name == name)?.Value;
}

/// <summary>One key of a profile with its value as it could be written in braces.</summary>
/// <param name="Name">The key.</param>
/// <param name="Value">Its value.</param>
public sealed record ProfileKey(string Name, string Value);
