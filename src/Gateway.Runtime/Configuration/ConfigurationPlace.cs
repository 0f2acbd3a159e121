using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.Mqtt.Broker.Access;

namespace Gateway.Runtime.Configuration;

/// <summary>Where a configuration stands: what its paths are relative to, and which machine it is on.</summary>
internal sealed class ConfigurationPlace(ISourceFiles files, string configurationPath, string hostName)
{
    private readonly string _folder = Path.GetDirectoryName(configurationPath) ?? "";

    /// <summary>The machine's name.</summary>
    public string HostName => hostName;

    /// <summary>A path of the file, from where the file is.</summary>
    public string Resolve(string path) => Path.Combine(_folder, path);

    /// <summary>Reads a file that <see cref="FindFile"/> found.</summary>
    public Stream Open(string path) => files.OpenRead(path);

    /// <summary>The file that a key names; null if the key is left out or the file is not there, which is reported.</summary>
    public string? FindFile(Settings settings, string key, ICollection<Diagnostic> diagnostics)
    {
        if (!settings.TryGet<string>(key, out var written))
        {
            return null;
        }

        var path = Resolve(written);
        if (files.IsFile(path))
        {
            return path;
        }

        diagnostics.Add(Diagnostic.Error(settings.Locate(key), $"there is no file '{path}', which '{key}' names"));
        return null;
    }

    /// <summary>The users file that a section names, even if it cannot be used, which is reported; null if the section names none.</summary>
    public string? FindUsersFile(Settings settings, ICollection<Diagnostic> diagnostics)
    {
        if (!settings.TryGet<string>("users", out var written))
        {
            return null;
        }

        if (FindFile(settings, "users", diagnostics) is { } path && UsersFile.Check(path, Open) is { } problem)
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate("users"), problem.TrimEnd('.')));
        }

        return Resolve(written);
    }
}
