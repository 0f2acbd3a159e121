using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Maps;

/// <summary>
/// Turns device maps into buses with their devices and points. Touches no hardware. Thread-safe if its files are.
/// </summary>
public sealed class MapLoader
{
    private readonly Dictionary<string, MapSchema> _schemas;
    private readonly ISourceFiles _files;

    /// <param name="drivers">The drivers that maps may name.</param>
    /// <param name="files">Where maps and profiles are kept.</param>
    public MapLoader(IEnumerable<IDriver> drivers, ISourceFiles files)
    {
        _schemas = drivers.ToDictionary(driver => driver.Schema.Name, driver => new MapSchema(driver));
        _files = files;
    }

    /// <summary>Reads maps with the device library where it is by default: see <see cref="ProfileLibrary.SearchPath"/>.</summary>
    /// <param name="paths">Map files, and folders whose <c>*.yaml</c> are maps.</param>
    public MapLoadResult Load(IReadOnlyList<string> paths) =>
        Load(paths, new ProfileLibrary(_files, ProfileLibrary.SearchPath(paths, _files)));

    /// <summary>Reads maps. Reports everything that is wrong, not the first thing only.</summary>
    /// <param name="paths">Map files, and folders whose <c>*.yaml</c> are maps.</param>
    /// <param name="library">Where profiles are looked for.</param>
    public MapLoadResult Load(IReadOnlyList<string> paths, ProfileLibrary library)
    {
        var diagnostics = new List<Diagnostic>();
        var profiles = new ProfileReader(_files, library, diagnostics);
        var files = new NamedFiles(_files, diagnostics);
        var faults = new List<Exception>();
        var reader = new BusReader(_schemas, profiles, files, new CrossMapRules(_files, diagnostics), diagnostics, faults);
        var buses = new List<BusDefinition>();
        var maps = ListMaps(paths, diagnostics);
        foreach (var map in maps)
        {
            ReadMap(map, reader, buses, diagnostics);
        }

        var hasErrors = diagnostics.Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        return new MapLoadResult(hasErrors ? [] : buses, Diagnostics.Arrange(diagnostics), [.. maps, .. profiles.Paths, .. files.Paths]) { Faults = faults };
    }

    private void ReadMap(string path, BusReader reader, List<BusDefinition> buses, List<Diagnostic> diagnostics)
    {
        if (SourceText.Read(_files, path, diagnostics) is not { } text)
        {
            return;
        }

        var before = diagnostics.Count;
        var documents = YamlReader.Read(path, text, diagnostics);
        if (documents.Count == 0 && diagnostics.Count == before)
        {
            diagnostics.Add(Diagnostic.Warning(new SourceLocation(path, 0, 0), "the map is empty: it has neither 'bus' nor 'devices'"));
        }

        foreach (var document in documents)
        {
            if (FileSchema.IsNewer(document, diagnostics))
            {
                return;
            }

            if (reader.Read(document) is { } bus)
            {
                buses.Add(bus);
            }
        }
    }

    private List<string> ListMaps(IReadOnlyList<string> paths, List<Diagnostic> diagnostics)
    {
        var maps = new List<string>();
        foreach (var path in paths)
        {
            if (!_files.IsFolder(path))
            {
                maps.Add(path);
                continue;
            }

            foreach (var file in ListFolder(path, diagnostics))
            {
                if (file.EndsWith(".yaml", StringComparison.Ordinal))
                {
                    maps.Add(Path.Combine(path, file));
                }
                else if (file.EndsWith(".yml", StringComparison.OrdinalIgnoreCase) || file.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase))
                {
                    diagnostics.Add(Diagnostic.Warning(new SourceLocation(Path.Combine(path, file), 0, 0), "the file is not read: the name of a map ends in '.yaml'"));
                }
            }
        }

        return [.. maps.Distinct()];
    }

    private IReadOnlyList<string> ListFolder(string path, List<Diagnostic> diagnostics)
    {
        try
        {
            return _files.ListFiles(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            diagnostics.Add(Diagnostic.Error(new SourceLocation(path, 0, 0), "the folder may not be read; check its owner and its mode"));
            return [];
        }
    }
}
