using System.Globalization;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs.Machine;

/// <summary>Load, memory and uptime. proc(5).</summary>
internal static class ProcFiles
{
    /// <summary>The average number of processes that ran or waited to, over 1 minute (0), 5 (1) and 15 (2).</summary>
    public static decimal? Load(ISysfs proc, int which) => Number(proc.Read("loadavg").Split(' ')[which]);

    /// <summary>Time since the kernel started, seconds.</summary>
    public static decimal? UptimeSeconds(ISysfs proc) => Number(proc.Read("uptime").Split(' ')[0]);

    /// <summary>A line of <c>meminfo</c>, bytes; null: there is none.</summary>
    public static decimal? MemoryBytes(ISysfs proc, string name)
    {
        // MemAvailable:    3581996 kB
        var line = proc.Read("meminfo").Split('\n').FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal));
        return line is null ? null : Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }

    /// <summary>The share that is not left, percent; null: there is nothing of it.</summary>
    public static decimal? UsedShare(ISysfs proc, string total, string left) =>
        MemoryBytes(proc, total) is { } all and > 0 && MemoryBytes(proc, left) is { } rest ? decimal.Round(100 * (all - rest) / all, 2) : null;

    private static decimal? Number(string text) => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
