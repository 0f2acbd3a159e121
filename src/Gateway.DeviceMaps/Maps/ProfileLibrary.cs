using System.Text.RegularExpressions;
using Gateway.DeviceMaps.Files;

namespace Gateway.DeviceMaps.Maps;

/// <summary>
/// The device library: profiles as <c>maker/model.yaml</c> in folders, of which an earlier one goes before a later one.
/// Thread-safe if its files are.
/// </summary>
public sealed partial class ProfileLibrary
{
    private readonly ISourceFiles _files;

    /// <param name="files">Where the folders are.</param>
    /// <param name="folders">The folders, in the order in which they are searched.</param>
    public ProfileLibrary(ISourceFiles files, IReadOnlyList<string> folders)
    {
        _files = files;
        Folders = folders;
    }

    /// <summary>The folders, in the order in which they are searched.</summary>
    public IReadOnlyList<string> Folders { get; }

    /// <summary>The folders that are searched by default: beside the maps, the machine's own, those of the package, beside the executable.</summary>
    /// <param name="maps">The folders and files that maps are read from.</param>
    /// <param name="files">Where they are.</param>
    public static IReadOnlyList<string> SearchPath(IEnumerable<string> maps, ISourceFiles files) =>
    [
        .. maps.Select(path => Path.Combine(files.IsFolder(path) ? path : Path.GetDirectoryName(path) ?? "", "library")).Distinct(),
        "/etc/gateway/devicemaps/library",
        "/usr/share/gateway/devicemaps/library",
        Path.Combine(AppContext.BaseDirectory, "devicemaps", "library"),
    ];

    /// <summary>The file of a profile; null if no folder has it.</summary>
    /// <param name="name"><c>maker/model</c></param>
    public string? Find(string name) => IsName(name)
        ? Folders.Select(folder => Path.Combine(folder, name + ".yaml")).FirstOrDefault(_files.IsFile)
        : null;

    /// <summary>The names of all profiles, in ordinal order.</summary>
    public IReadOnlyList<string> List()
    {
        var names =
            from folder in Folders
            from maker in _files.ListFolders(folder)
            from file in _files.ListFiles(Path.Combine(folder, maker))
            where file.EndsWith(".yaml", StringComparison.Ordinal)
            select $"{maker}/{file[..^".yaml".Length]}";
        return [.. names.Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>What the file of a profile says of itself, whether or not it is valid; null if no folder has it or it cannot be read.</summary>
    /// <param name="name"><c>maker/model</c></param>
    public ProfileDescription? Describe(string name) => Find(name) is { } path ? ProfileDescription.Read(name, path, _files) : null;

    /// <summary>Whether a text has the form <c>maker/model</c>: it cannot lead out of the library's folders.</summary>
    internal static bool IsName(string name) => NameForm().IsMatch(name);

    [GeneratedRegex(@"^[A-Za-z0-9_-][A-Za-z0-9._-]*/[A-Za-z0-9_-][A-Za-z0-9._-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex NameForm();
}
