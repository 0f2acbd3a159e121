using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Maps;

/// <summary>A profile that was read.</summary>
/// <param name="Driver">The driver that it is for.</param>
/// <param name="Body">What it says.</param>
internal sealed record Profile(string Driver, YamlMapping Body);

/// <summary>Reads the profiles that maps name, each file once.</summary>
internal sealed class ProfileReader(ISourceFiles files, ProfileLibrary library, ICollection<Diagnostic> diagnostics)
{
    private readonly Dictionary<string, Profile?> _profiles = [];
    private readonly List<string> _paths = [];

    /// <summary>The files that were read.</summary>
    public IReadOnlyList<string> Paths => _paths;

    /// <summary>The profile of a name; null if there is none that can be used, which is reported.</summary>
    /// <param name="name">What the map says.</param>
    /// <param name="place">Where it says so.</param>
    public Profile? Read(string name, SourceLocation place)
    {
        if (!ProfileLibrary.IsName(name))
        {
            diagnostics.Add(Diagnostic.Error(place, $"'profile' must be written maker/model, such as eastron/sdm630, found '{Wording.Shorten(name)}'"));
            return null;
        }

        if (library.Find(name) is not { } path)
        {
            var suggestion = NearMiss.Suggest(name, library.List());
            diagnostics.Add(Diagnostic.Error(place, $"there is no profile '{name}' in the device library{(suggestion.Length > 0 ? suggestion : $"; one of your own goes into library/{name}.yaml beside the maps")}"));
            return null;
        }

        if (!_profiles.TryGetValue(path, out var profile))
        {
            _profiles[path] = profile = ReadFile(path);
            _paths.Add(path);
        }

        return profile;
    }

    private Profile? ReadFile(string path)
    {
        if (SourceText.Read(files, path, diagnostics) is not { } text)
        {
            return null;
        }

        var before = diagnostics.Count;
        var documents = YamlReader.Read(path, text, diagnostics);
        if (diagnostics.Count > before)
        {
            return null;
        }

        if (documents is not [YamlMapping body])
        {
            diagnostics.Add(Diagnostic.Error(new SourceLocation(path, 0, 0), "a profile must be one document with keys: driver, description, source and what a device has"));
            return null;
        }

        if (FileSchema.IsNewer(body, diagnostics))
        {
            return null;
        }

        if (body.Find("driver") is not { Value: YamlScalar { IsNull: false } driver })
        {
            diagnostics.Add(Diagnostic.Error(body.Location, "a profile needs 'driver', for example driver: modbus"));
            return null;
        }

        return new Profile(driver.Text, body);
    }
}
