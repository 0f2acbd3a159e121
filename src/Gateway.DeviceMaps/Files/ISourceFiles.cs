namespace Gateway.DeviceMaps.Files;

/// <summary>
/// The files that people write, wherever they are kept. A path is used as it is given, so that errors name files as the person did.
/// Members may throw <see cref="IOException"/> and <see cref="UnauthorizedAccessException"/>.
/// </summary>
public interface ISourceFiles
{
    /// <summary>Whether there is a file of that name.</summary>
    bool IsFile(string path);

    /// <summary>Whether there is a folder of that name.</summary>
    bool IsFolder(string path);

    /// <summary>The names of the files in a folder, not those below it, in ordinal order; none if there is no such folder.</summary>
    IReadOnlyList<string> ListFiles(string folder);

    /// <summary>The names of the folders in a folder, in ordinal order; none if there is no such folder.</summary>
    IReadOnlyList<string> ListFolders(string folder);

    /// <summary>The file that a symbolic link leads to in the end; the path itself if it is no link, or nothing is there.</summary>
    string ResolveLink(string path) => path;

    /// <summary>Opens a file. The caller disposes the stream.</summary>
    Stream OpenRead(string path);
}
