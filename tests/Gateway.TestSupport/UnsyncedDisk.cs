using System.Buffers.Binary;
using System.Globalization;

namespace Gateway.TestSupport;

/// <summary>
/// A folder of a process on a disk that loses what was not synced when the power is cut (<c>unsynced_disk.c</c>). What was written and
/// not synced may be there all the same, or a part of it: disks write in an order of their own. While the process runs the disk may fail or be slow.
/// </summary>
public sealed class UnsyncedDisk : IAsyncDisposable
{
    private const int PageSize = 4096;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("disk-");
    private readonly string _live;
    private readonly Random _random;
    private TimeSpan _syncDelay;
    private DiskFault _fault;
    private bool _isForgetful;
    private long _badInode;
    private long _badPage;

    private UnsyncedDisk(string live, int seed)
    {
        _live = live;
        _random = new Random(seed);
        Directory.CreateDirectory(Synced);
        WriteFaults();
    }

    /// <summary>How long each sync takes in addition.</summary>
    public TimeSpan SyncDelay
    {
        set
        {
            _syncDelay = value;
            WriteFaults();
        }
    }

    /// <summary>How each write and each sync ends.</summary>
    public DiskFault Fault
    {
        set
        {
            _fault = value;
            WriteFaults();
        }
    }

    /// <summary>Whether each sync fails, and what it was for never reaches the disk, although it can be read: so it is on Linux.</summary>
    public bool IsForgetful
    {
        set
        {
            _isForgetful = value;
            WriteFaults();
        }
    }

    private string Library => Path.Combine(_folder.FullName, "unsynced_disk.so");

    private string Faults => Path.Combine(_folder.FullName, "faults");

    private string Synced => Path.Combine(_folder.FullName, "synced");

    /// <summary>What a process gets into its environment, anew for each start, so that its files are on this disk.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Library,
        ["GATEWAY_DISK"] = _live,
        ["GATEWAY_DISK_SYNCED"] = Synced,
        ["GATEWAY_DISK_FAULTS"] = Faults,
        ["GATEWAY_DISK_NAMES"] = _random.Next(2) == 0 ? "early" : "late",
    };

    /// <summary>Prepares a disk.</summary>
    /// <param name="live">The folder, empty or not there yet.</param>
    /// <param name="seed">Makes the same parts of what was not synced survive again.</param>
    public static async Task<UnsyncedDisk> CreateAsync(string live, int seed)
    {
        var disk = new UnsyncedDisk(live, seed);
        await using var compiler = PeerProcess.Start(
            "cc", ["-O1", "-shared", "-fPIC", "-o", disk.Library, Path.Combine(AppContext.BaseDirectory, "unsynced_disk.c"), "-ldl", "-lpthread"]);
        return await compiler.WaitForExitAsync() == 0 ? disk : throw new InvalidOperationException($"cc: {compiler.Output}");
    }

    /// <summary>Lets a page of a file, from 0, not be read any more, whatever the file is called later.</summary>
    public async Task LosePageAsync(string path, int page)
    {
        await using var stat = PeerProcess.Start("stat", ["-c", "%i", path]);
        await stat.WaitForExitAsync();
        (_badInode, _badPage) = (long.Parse(stat.Output.Trim(), CultureInfo.InvariantCulture), page);
        WriteFaults();
    }

    /// <summary>Has a database on the disk as it is, with its log or without: somebody else has changed it while the process was not there.</summary>
    public void Keep(string path)
    {
        foreach (var part in new[] { path, path + "-wal" })
        {
            var kept = Path.Combine(Synced, Path.GetRelativePath(_live, part));
            File.Delete(kept);
            if (File.Exists(part))
            {
                File.Copy(part, kept);
            }
        }
    }

    /// <summary>Leaves in the folder what the disk has, after the process was killed: none, half or all of what was not synced is among that.</summary>
    /// <param name="isUnsyncedLost">Whether it is none.</param>
    public void Cut(bool isUnsyncedLost = false)
    {
        var share = isUnsyncedLost ? 0 : _random.Next(3) / 2.0;
        foreach (var path in Directory.GetFiles(Synced, "*", SearchOption.AllDirectories))
        {
            Mix(path, Path.Combine(_live, Path.GetRelativePath(Synced, path)), share);
        }

        Directory.Delete(_live, recursive: true);
        Copy(Synced, _live);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.GetDirectories(from))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        }

        foreach (var path in Directory.GetFiles(from))
        {
            File.Copy(path, Path.Combine(to, Path.GetFileName(path)));
        }
    }

    // In its place: the process has the file mapped.
    private void WriteFaults()
    {
        Span<byte> bytes = stackalloc byte[32];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, _syncDelay.Ticks * TimeSpan.NanosecondsPerTick);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], _badInode);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], _badPage * PageSize);
        bytes[24] = (byte)_fault;
        bytes[25] = _isForgetful ? (byte)DiskFault.Failing : (byte)0;
        using var file = new FileStream(Faults, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        file.Write(bytes);
    }

    private void Mix(string syncedPath, string livePath, double share)
    {
        if (!File.Exists(livePath))
        {
            return;
        }

        var written = File.ReadAllBytes(livePath);
        var disk = File.ReadAllBytes(syncedPath);
        if (_random.NextDouble() < share)
        {
            Array.Resize(ref disk, written.Length); // the length is there, and zeros where the bytes are not
        }

        for (var page = 0; page < Math.Min(disk.Length, written.Length); page += PageSize)
        {
            if (_random.NextDouble() < share)
            {
                var length = Math.Min(PageSize, Math.Min(disk.Length, written.Length) - page);
                written.AsSpan(page, length).CopyTo(disk.AsSpan(page));
            }
        }

        File.WriteAllBytes(syncedPath, disk);
    }
}
