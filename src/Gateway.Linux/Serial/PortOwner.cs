using System.Globalization;

namespace Gateway.Linux.Serial;

/// <summary>Finds who has a port open, as far as this user may see.</summary>
internal static class PortOwner
{
    /// <summary>Name and number of the process; null if none can be seen.</summary>
    public static string? Find(string path)
    {
        var device = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out var id) || id == Environment.ProcessId)
                continue;
            if (Has(process, device))
                return $"{NameOf(process)} (process {id})";
        }

        return null;
    }

    private static bool Has(string process, string device)
    {
        try
        {
            return Directory.EnumerateFiles($"{process}/fd").Any(fd => new FileInfo(fd).LinkTarget == device);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's, or gone by now.
            return false;
        }
    }

    private static string NameOf(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/comm").Trim();
        }
        catch (IOException)
        {
            return "a process";
        }
    }
}
