using System.Text;
using Gateway.DeviceMaps.Files;

namespace Gateway.Hosting;

/// <summary>The files of the machine, and some over them that are not written yet, so that they can be checked before.</summary>
/// <param name="texts">The texts by their paths, absolute.</param>
internal sealed class OverlaidFiles(IReadOnlyDictionary<string, string> texts) : ISourceFiles
{
    private readonly DiskFiles _disk = new();

    /// <inheritdoc/>
    public bool IsFile(string path) => Find(path) is not null || _disk.IsFile(path);

    /// <inheritdoc/>
    public bool IsFolder(string path) => NamesIn(path).Any() || _disk.IsFolder(path);

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string folder) => [.. _disk.ListFiles(folder).Union(NamesIn(folder)).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFolders(string folder) => _disk.ListFolders(folder);

    /// <inheritdoc/>
    public string ResolveLink(string path) => Find(path) is null ? _disk.ResolveLink(path) : path;

    /// <inheritdoc/>
    public Stream OpenRead(string path) => Find(path) is { } text ? new MemoryStream(Encoding.UTF8.GetBytes(text), writable: false) : _disk.OpenRead(path);

    private string? Find(string path) => texts.GetValueOrDefault(Path.GetFullPath(path));

    private IEnumerable<string> NamesIn(string folder)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return texts.Keys.Where(path => Path.GetDirectoryName(path) == full).Select(path => Path.GetFileName(path));
    }
}
