using Gateway.DeviceMaps.Files;

namespace Gateway.Commands.Doctor;

/// <summary>The files of the machine, and a note of each that a configuration names and that is there. Made for one reading of it.</summary>
internal sealed class NamedFiles : ISourceFiles
{
    private readonly DiskFiles _disk = new();
    private readonly SortedSet<string> _paths = new(StringComparer.Ordinal);

    /// <summary>The files, absolute.</summary>
    public IReadOnlyCollection<string> Paths => _paths;

    /// <inheritdoc/>
    public bool IsFile(string path)
    {
        var isFile = _disk.IsFile(path);
        if (isFile)
        {
            _paths.Add(Path.GetFullPath(path));
        }

        return isFile;
    }

    /// <inheritdoc/>
    public bool IsFolder(string path) => _disk.IsFolder(path);

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string folder) => _disk.ListFiles(folder);

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFolders(string folder) => _disk.ListFolders(folder);

    /// <inheritdoc/>
    public string ResolveLink(string path) => _disk.ResolveLink(path);

    /// <inheritdoc/>
    public Stream OpenRead(string path)
    {
        var stream = _disk.OpenRead(path);
        _paths.Add(Path.GetFullPath(path));
        return stream;
    }
}
