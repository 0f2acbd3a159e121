using Gateway.DeviceMaps.Files;

namespace Gateway.Hosting;

/// <summary>
/// The files of the machine, and a note of each YAML file and decoder that was read: what was validated is what is kept as the last good copy,
/// even if somebody saves in between. Of secrets and certificates, of what was looked for in vain, and of folders the names are noted, with a stamp:
/// all of these may make another configuration of it. Made for one reading of a configuration.
/// </summary>
/// <param name="configurationPath">The configuration, which is noted whatever its name.</param>
internal sealed class RecordingFiles(string configurationPath) : ISourceFiles
{
    // More than this the loader refuses; nothing of that size need be kept.
    private const int MaximumBytes = 4 * 1024 * 1024;

    private readonly DiskFiles _disk = new();
    private readonly Dictionary<string, byte[]> _files = [];
    private readonly HashSet<string> _folders = [];
    private readonly Dictionary<string, FileStamp?> _asked = [];

    /// <summary>The files that were read: absolute path → content.</summary>
    public IReadOnlyDictionary<string, byte[]> Files => _files;

    /// <summary>The folders that were found, absolute.</summary>
    public IReadOnlyCollection<string> Folders => _folders;

    /// <summary>The files and folders that were asked for, absolute, whether or not they are there.</summary>
    public IReadOnlyCollection<string> Asked => _asked.Keys;

    /// <summary>Whether any of them has changed since it was first asked for.</summary>
    public bool HaveChanged => _asked.Any(each => FileStamp.Find(each.Key) != each.Value);

    /// <inheritdoc/>
    public bool IsFile(string path)
    {
        Note(path);
        return _disk.IsFile(path);
    }

    /// <inheritdoc/>
    public bool IsFolder(string path)
    {
        Note(path);
        var isFolder = _disk.IsFolder(path);
        if (isFolder)
        {
            _folders.Add(Path.GetFullPath(path));
        }

        return isFolder;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string folder) => _disk.ListFiles(folder);

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFolders(string folder) => _disk.ListFolders(folder);

    /// <inheritdoc/>
    public Stream OpenRead(string path)
    {
        Note(path);
        if (!SnapshotFiles.IsPart(path, configurationPath))
        {
            return _disk.OpenRead(path);
        }

        var key = Path.GetFullPath(path);
        if (!_files.TryGetValue(key, out var content))
        {
            var stream = _disk.OpenRead(path);
            if (stream.Length > MaximumBytes)
            {
                return stream;
            }

            using (stream)
            {
                content = new byte[stream.Length];
                stream.ReadExactly(content);
            }

            _files.Add(key, content);
        }

        return new MemoryStream(content, writable: false);
    }

    // No file's name is empty or has a zero in it, whatever a person writes.
    private void Note(string path)
    {
        if (path.Length > 0 && !path.Contains('\0') && Path.GetFullPath(path) is var full && !_asked.ContainsKey(full))
        {
            _asked.Add(full, FileStamp.Find(full));
        }
    }
}
