using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps;

/// <summary>A YAML file that is one section, such as the gateway's configuration.</summary>
public static class SettingsFile
{
    /// <summary>
    /// Reads a file against its schema. An empty file has the defaults. The values that are valid are returned even where others
    /// are not; null only if the file cannot be read at all, or was written for a newer gateway. Every finding is reported.
    /// </summary>
    /// <param name="files">Where the file is kept.</param>
    /// <param name="path">The file.</param>
    /// <param name="schema">What it may say.</param>
    /// <param name="diagnostics">Takes the findings.</param>
    public static Settings? Read(ISourceFiles files, string path, SectionSchema schema, ICollection<Diagnostic> diagnostics)
    {
        if (SourceText.Read(files, path, diagnostics) is not { } text)
        {
            return null;
        }

        var before = diagnostics.Count;
        var documents = YamlReader.Read(path, text, diagnostics);
        if (documents.Count > 1)
        {
            diagnostics.Add(Diagnostic.Error(documents[1].Location, $"a second document begins here, and {schema.Name} is one; remove the '---'"));
        }

        if (documents.Count == 0 && diagnostics.Count > before)
        {
            return null;
        }

        if (documents.Count > 0 && schema.Keys.Contains(FileSchema.Key) && FileSchema.IsNewer(documents[0], diagnostics))
        {
            return null;
        }

        var root = documents.Count > 0 ? documents[0] : new YamlMapping(new SourceLocation(path, 1, 1), [], IsFlow: false, 1, 1);
        if (root is YamlMapping mapping)
        {
            return new SectionReader(diagnostics).Read(mapping, schema).Settings;
        }

        var hint = root is YamlScalar { IsQuoted: false } scalar ? MissingSpace.Explain(scalar.Text) : null;
        diagnostics.Add(Diagnostic.Error(root.Location, hint ?? $"{schema.Name} must have keys, {Wording.Found(root)}"));
        return null;
    }
}
