using Gateway.DeviceMaps.Files;

namespace Gateway.Hosting;

/// <summary>
/// A copy of YAML files and decoders under a folder, each at its absolute path below it, read as if it were the originals: relative names,
/// search paths and positions in errors stay what they were. Other files, secrets among them, are read where they are.
/// </summary>
/// <param name="root">The folder of the copy.</param>
/// <param name="configurationPath">The configuration, which is part of the copy whatever its name.</param>
internal sealed class SnapshotFiles(string root, string configurationPath) : ISourceFiles
{
    private static readonly string[] Endings = [".yaml", ".js", ".test.json"];

    private readonly DiskFiles _disk = new();

    /// <summary>Where the copy of a file is.</summary>
    public static string Locate(string root, string path) => root + Path.GetFullPath(path);

    /// <summary>Whether a file belongs into a copy.</summary>
    public static bool IsPart(string path, string configurationPath) =>
        Endings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal)) || Path.GetFullPath(path) == Path.GetFullPath(configurationPath);

    /// <inheritdoc/>
    public bool IsFile(string path) => _disk.IsFile(LocateHere(path));

    /// <inheritdoc/>
    public bool IsFolder(string path) => _disk.IsFolder(Locate(root, path));

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string folder) => _disk.ListFiles(Locate(root, folder));

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFolders(string folder) => _disk.ListFolders(Locate(root, folder));

    /// <inheritdoc/>
    public Stream OpenRead(string path) => _disk.OpenRead(LocateHere(path));

    private string LocateHere(string path) => IsPart(path, configurationPath) ? Locate(root, path) : path;
}
