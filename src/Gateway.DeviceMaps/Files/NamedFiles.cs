using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Files;

/// <summary>Reads the text files that maps name, each once.</summary>
internal sealed class NamedFiles(ISourceFiles files, ICollection<Diagnostic> diagnostics)
{
    private readonly Dictionary<(string Path, string? Companion), SourceFile?> _read = [];
    private readonly List<string> _paths = [];

    /// <summary>The files that were read or looked for.</summary>
    public IReadOnlyList<string> Paths => _paths;

    /// <summary>The file that a key names; null if it cannot be used, which is reported.</summary>
    public SourceFile? Read(KeySchema key, YamlScalar name)
    {
        var path = Path.Combine(Path.GetDirectoryName(name.Location.File) ?? "", name.Text);
        if (!_read.TryGetValue((path, key.Companion), out var file))
        {
            _read[(path, key.Companion)] = file = Read(key, name, path);
        }

        return file;
    }

    private SourceFile? Read(KeySchema key, YamlScalar name, string path)
    {
        if (LeadsOut(name.Text))
        {
            diagnostics.Add(Diagnostic.Error(
                name.Location, $"'{key.Name}' must name a file in the folder of the file that names it, or below, found '{Wording.Shorten(name.Text)}'; copy it there"));
            return null;
        }

        _paths.Add(path);
        if (!files.IsFile(path))
        {
            diagnostics.Add(Diagnostic.Error(
                name.Location, $"'{key.Name}' names a file that is not there: {Wording.Shorten(path)}; a path begins at the folder of the file that names it"));
            return null;
        }

        if (SourceText.Read(files, path, diagnostics) is not { } text)
        {
            return null;
        }

        return key.Companion is null ? new SourceFile(path, text, null) : ReadWithCompanion(path, text, Path.ChangeExtension(path, null) + key.Companion);
    }

    // Maps and profiles come from others, too: what they name is read, and may show in what is wrong with it.
    private static bool LeadsOut(string path) => Path.IsPathRooted(path) || path.Split('/').Contains("..");

    private SourceFile? ReadWithCompanion(string path, string text, string companion)
    {
        _paths.Add(companion);
        if (!files.IsFile(companion))
        {
            return new SourceFile(path, text, null);
        }

        return SourceText.Read(files, companion, diagnostics) is { } beside ? new SourceFile(path, text, new SourceFile(companion, beside, null)) : null;
    }
}
