using System.Text;
using Gateway.DeviceMaps.Files;
using Gateway.Storage;

namespace Gateway.Hosting;

/// <summary>A configuration that was taken up, as it was kept.</summary>
/// <param name="Files">Its files.</param>
/// <param name="KeptAt">When it was kept, UTC.</param>
/// <param name="Version">The version of the program that took it up last; empty: one that did not say.</param>
internal sealed record KeptConfiguration(ISourceFiles Files, DateTimeOffset KeptAt, string Version);

/// <summary>
/// The configuration, maps and profiles that were valid last, in <c>last-good/</c> of the data folder, and in <c>last-good.before/</c> those that another
/// version of the program took up before: going back to it, it may not understand the newer ones. Replaced as a whole: a power cut leaves the old or the
/// new ones.
/// </summary>
/// <param name="dataFolder">The data folder.</param>
/// <param name="configurationPath">The configuration.</param>
/// <param name="version">The version of this program.</param>
internal sealed class LastGoodCopy(string dataFolder, string configurationPath, string version)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _current = Path.Combine(dataFolder, "last-good");
    private readonly string _old = Path.Combine(dataFolder, "last-good.old");
    private readonly string _new = Path.Combine(dataFolder, "last-good.new");
    private readonly string _before = Path.Combine(dataFolder, "last-good.before");

    /// <summary>What was kept, the newest first. If the power went between two renames, the old one is still there.</summary>
    public IEnumerable<KeptConfiguration> Kept =>
        from folder in new[] { _current, _old, _before }
        where Directory.Exists(folder)
        select new KeptConfiguration(new SnapshotFiles(folder, configurationPath), Directory.GetLastWriteTimeUtc(folder), VersionOf(folder));

    /// <summary>The other version of the program that took up the very files that were read; null if none did.</summary>
    public string? FindOtherVersion(RecordingFiles read)
    {
        try
        {
            return Directory.Exists(_current) && VersionOf(_current) is { Length: > 0 } other && other != version && IsSame(_current, read) ? other : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // a copy that cannot be read tells nothing
        }
    }

    /// <summary>Keeps what was read. Writes nothing if that is there already.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    /// <exception cref="UnauthorizedAccessException">The disk does not take it.</exception>
    public void Save(RecordingFiles read)
    {
        PutAside();
        if (Directory.Exists(_current) && VersionOf(_current) == version && IsSame(_current, read))
        {
            return;
        }

        DeleteIfThere(_new);
        Directory.CreateDirectory(_new, OwnerOnly);
        foreach (var path in read.Folders)
        {
            Directory.CreateDirectory(SnapshotFiles.Locate(_new, path));
        }

        foreach (var (path, content) in read.Files)
        {
            var copy = SnapshotFiles.Locate(_new, path);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            DurableFile.Write(copy, content);
        }

        DurableFile.Write(VersionFile(_new), Encoding.UTF8.GetBytes(version));
        if (Directory.Exists(_current))
        {
            Directory.Move(_current, _old);
        }

        Directory.Move(_new, _current);
        PutAside();
    }

    // Beside the folder that the files of the machine's root would be copied to.
    private static string VersionFile(string folder) => Path.Combine(folder, ".version");

    private static string VersionOf(string folder)
    {
        try
        {
            return File.ReadAllText(VersionFile(folder));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static bool IsSame(string folder, RecordingFiles read)
    {
        var copies = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => path != VersionFile(folder)).ToHashSet();
        return copies.SetEquals(read.Files.Keys.Select(path => SnapshotFiles.Locate(folder, path)))
            && read.Folders.All(path => Directory.Exists(SnapshotFiles.Locate(folder, path)))
            && read.Files.All(file => File.ReadAllBytes(SnapshotFiles.Locate(folder, file.Key)).AsSpan().SequenceEqual(file.Value));
    }

    private static void DeleteIfThere(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // What was replaced last, also by a save that the power cut off: that of another version stays, this one's own goes.
    private void PutAside()
    {
        if (!Directory.Exists(_old))
        {
            return;
        }

        if (!Directory.Exists(_current))
        {
            Directory.Move(_old, _current);
        }
        else if (VersionOf(_old) == VersionOf(_current))
        {
            Directory.Delete(_old, recursive: true);
        }
        else
        {
            DeleteIfThere(_before);
            Directory.Move(_old, _before);
        }
    }
}
