using System.Globalization;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Processes;

/// <summary>What can be said of a device's file without opening it, which might reset the device behind it.</summary>
public static class DeviceFile
{
    /// <summary>Whether this process may read and write a file, by access(2).</summary>
    public static bool MayUse(string path) => Libc.access(path, Libc.R_OK | Libc.W_OK) == 0;

    /// <summary>The processes that have a file open, as far as this user may know: all of his own, and as root all.</summary>
    /// <param name="path">The file; links are followed.</param>
    /// <returns>Number and name of each, without this process.</returns>
    public static IReadOnlyList<(int Id, string Name)> FindUsers(string path)
    {
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        var users = new List<(int, string)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != Environment.ProcessId && HasOpen(folder, target))
            {
                users.Add((id, ReadName(folder)));
            }
        }

        return users;
    }

    private static bool HasOpen(string process, string target)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd")).Any(link => new FileInfo(link).LinkTarget == target);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // another user's, or it has just ended
        }
    }

    private static string ReadName(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "comm")).Trim();
        }
        catch (IOException)
        {
            return "?";
        }
    }
}
