using System.Diagnostics;

namespace Gateway.TestSupport;

/// <summary>A file system of its own that is soon full.</summary>
public sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Mounts one, for which one has to be root.</summary>
    /// <param name="size">Its size, bytes.</param>
    /// <param name="path">The folder where it is to be, made if it is not there; null: one of its own. Removed at the end.</param>
    public static SmallDisk Mount(int size, string? path = null) =>
        TryMount(size, path) ?? throw new InvalidOperationException("No file system can be mounted: run the tests as root.");

    /// <summary>Has it no room left, by a file that is not the process's; deleting it gives the room back.</summary>
    public string Fill()
    {
        var path = System.IO.Path.Combine(Path, "somebody-elses");
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var length in new[] { 1 << 16, 1 << 12 })
        {
            try
            {
                while (true)
                {
                    file.Write(new byte[length]);
                }
            }
            catch (IOException)
            {
                // Full, but for less than that.
            }
        }

        return path;
    }

    internal static SmallDisk? TryMount(int size, string? path = null)
    {
        var disk = new SmallDisk(path ?? Directory.CreateTempSubdirectory("disk-").FullName);
        Directory.CreateDirectory(disk.Path);
        if (Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", disk.Path))
        {
            return disk;
        }

        Directory.Delete(disk.Path);
        return null;
    }

    /// <summary>Mounts it anew, for reading only or not. No file on it is open for writing.</summary>
    public void Remount(bool isReadOnly)
    {
        if (!Run("mount", "-o", isReadOnly ? "remount,ro" : "remount,rw", Path))
        {
            throw new IOException($"{Path} cannot be mounted anew.");
        }
    }

    /// <summary>Unmounts it and removes its folder.</summary>
    public void Dispose()
    {
        Run("umount", "-l", Path);
        Directory.Delete(Path, recursive: true);
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>A test that needs a <see cref="SmallDisk"/>; skipped where none can be mounted, but not where peers are required.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SmallDiskFactAttribute : FactAttribute
{
    /// <summary>Looks whether one can be mounted.</summary>
    public SmallDiskFactAttribute()
    {
        using var disk = Peer.IsRequired ? null : SmallDisk.TryMount(1_000_000);
        Skip = disk is null && !Peer.IsRequired ? "needs the right to mount a file system: run as root" : null;
    }
}
