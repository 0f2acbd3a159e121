namespace Gateway.Drivers.Sysfs.Machine;

/// <summary>How full the file system of a folder is.</summary>
internal static class FileSystemSpace
{
    /// <summary>The share that is used of what this user could use, percent, as df shows it; null: it cannot be told.</summary>
    public static decimal? UsedShare(string folder)
    {
        var (used, free) = Read(folder);
        return used + free > 0 ? decimal.Round(100 * used / (used + free), 2) : null;
    }

    /// <summary>What this user can still write, bytes; null: it cannot be told.</summary>
    public static decimal? FreeBytes(string folder) => Read(folder) is (var used, var free) && used + free > 0 ? free : null;

    private static (decimal Used, decimal Free) Read(string folder)
    {
        try
        {
            var there = folder;
            while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { } parent)
            {
                there = parent;
            }

            var drive = new DriveInfo(there);
            return (drive.TotalSize - drive.TotalFreeSpace, drive.AvailableFreeSpace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return default;
        }
    }
}
