namespace Gateway.DeviceMaps.Files;

/// <summary>The files of the machine. Thread-safe.</summary>
/// <param name="root">Where a relative path begins; null: in the current folder.</param>
public sealed class DiskFiles(string? root = null) : ISourceFiles
{
    /// <inheritdoc/>
    public bool IsFile(string path) => File.Exists(Resolve(path));

    /// <inheritdoc/>
    public bool IsFolder(string path) => Directory.Exists(Resolve(path));

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string folder) => List(folder, Directory.EnumerateFiles);

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFolders(string folder) => List(folder, Directory.EnumerateDirectories);

    /// <inheritdoc/>
    public Stream OpenRead(string path) => File.OpenRead(Resolve(path));

    /// <inheritdoc/>
    public string ResolveLink(string path)
    {
        var full = Path.GetFullPath(Resolve(path));
        try
        {
            return File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return full; // there is nothing, or a link in a circle
        }
    }

    private string Resolve(string path) => root is null ? path : Path.Combine(root, path);

    private List<string> List(string folder, Func<string, IEnumerable<string>> enumerate)
    {
        var path = Resolve(folder);
        return Directory.Exists(path) ? [.. enumerate(path).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)] : [];
    }
}
