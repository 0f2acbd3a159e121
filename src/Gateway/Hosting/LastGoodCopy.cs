using Gateway.DeviceMaps.Files;
using Gateway.Storage;

namespace Gateway.Hosting;

/// <summary>
/// The configuration, maps and profiles that were valid last, in <c>last-good/</c> of the data folder. Replaced as a whole:
/// a power cut leaves the old or the new one.
/// </summary>
internal sealed class LastGoodCopy
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _configurationPath;
    private readonly string _current;
    private readonly string _old;
    private readonly string _new;

    public LastGoodCopy(string dataFolder, string configurationPath)
    {
        _configurationPath = configurationPath;
        _current = Path.Combine(dataFolder, "last-good");
        _old = _current + ".old";
        _new = _current + ".new";
    }

    /// <summary>The copy; null if there is none.</summary>
    public ISourceFiles? Open() => Find() is { } folder ? new SnapshotFiles(folder, _configurationPath) : null;

    /// <summary>When the copy was made, UTC; null if there is none.</summary>
    public DateTimeOffset? KeptAt => Find() is { } folder ? Directory.GetLastWriteTimeUtc(folder) : null;

    /// <summary>Keeps what was read. Writes nothing if that is there already.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    /// <exception cref="UnauthorizedAccessException">The disk does not take it.</exception>
    public void Save(RecordingFiles read)
    {
        if (Find() is { } folder && IsSame(folder, read))
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

        // If the power goes between the two renames, Find takes the old one.
        DeleteIfThere(_old);
        if (Directory.Exists(_current))
        {
            Directory.Move(_current, _old);
        }

        Directory.Move(_new, _current);
        DeleteIfThere(_old);
    }

    private static bool IsSame(string folder, RecordingFiles read)
    {
        var copies = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToHashSet();
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

    private string? Find() => Directory.Exists(_current) ? _current : Directory.Exists(_old) ? _old : null;
}
