using System.Text;
using Gateway.DeviceMaps.Files;

namespace Gateway.Runtime.Tests.Configuration;

/// <summary>Files that exist in a test only: path → content.</summary>
internal sealed class MemoryFiles : Dictionary<string, string>, ISourceFiles
{
    public bool IsFile(string path) => ContainsKey(path);

    public bool IsFolder(string path) => Keys.Any(key => key.StartsWith(path + "/", StringComparison.Ordinal));

    public IReadOnlyList<string> ListFiles(string folder) => [];

    public IReadOnlyList<string> ListFolders(string folder) => [];

    public Stream OpenRead(string path) =>
        TryGetValue(path, out var text) ? new MemoryStream(Encoding.UTF8.GetBytes(text)) : throw new FileNotFoundException(path);
}
