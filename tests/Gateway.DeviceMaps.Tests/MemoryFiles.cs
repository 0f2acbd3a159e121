using System.Text;
using Gateway.DeviceMaps.Files;

namespace Gateway.DeviceMaps.Tests;

/// <summary>Files that exist in a test only: path → content.</summary>
internal sealed class MemoryFiles : Dictionary<string, string>, ISourceFiles
{
    public bool IsFile(string path) => ContainsKey(path);

    public bool IsFolder(string path) => Keys.Any(key => key.StartsWith(path + "/", StringComparison.Ordinal));

    public IReadOnlyList<string> ListFiles(string folder) =>
        [.. Below(folder).Where(rest => !rest.Contains('/', StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    public IReadOnlyList<string> ListFolders(string folder) =>
        [.. Below(folder).Where(rest => rest.Contains('/', StringComparison.Ordinal)).Select(rest => rest.Split('/')[0]).Distinct().Order(StringComparer.Ordinal)];

    public Stream OpenRead(string path) =>
        TryGetValue(path, out var text) ? new MemoryStream(Encoding.UTF8.GetBytes(text)) : throw new FileNotFoundException(path);

    private IEnumerable<string> Below(string folder) =>
        Keys.Where(key => key.StartsWith(folder + "/", StringComparison.Ordinal)).Select(key => key[(folder.Length + 1)..]);
}
