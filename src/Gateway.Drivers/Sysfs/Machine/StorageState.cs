using System.Globalization;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs.Machine;

/// <summary>What was written to the disks, and what an eMMC says of its wear; SD cards say nothing.</summary>
internal static class StorageState
{
    private const int SectorBytes = 512; // of this file, whatever the disk has
    private const int SectorsWritten = 6;

    /// <summary>Bytes written to all disks that are hardware, since the start. Documentation/block/stat.rst.</summary>
    public static decimal? WrittenBytes(ISysfs sys)
    {
        decimal? total = null;
        foreach (var disk in sys.List("block").Where(disk => sys.Exists($"block/{disk}/device")))
        {
            var words = sys.Read($"block/{disk}/stat").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            total = (total ?? 0) + (decimal.Parse(words[SectorsWritten], CultureInfo.InvariantCulture) * SectorBytes);
        }

        return total;
    }

    /// <summary>
    /// How much of its life the most worn eMMC has had at most, percent in tens; 110: more than it was made for. Null: none tells.
    /// JESD84-B51 §7.4 [269], [268] (DEVICE_LIFE_TIME_EST).
    /// </summary>
    public static decimal? Wear(ISysfs sys)
    {
        // "0x02 0x01": by the two types of memory in it; 0 is not defined.
        var worst = Attributes(sys, "life_time").SelectMany(text => text.Split(' ')).Select(Hexadecimal).DefaultIfEmpty().Max();
        return worst == 0 ? null : worst * 10;
    }

    /// <summary>What it says of its reserve; null: none tells. JESD84-B51 §7.4 [267] (PRE_EOL_INFO).</summary>
    public static string? EndOfLife(ISysfs sys) => Attributes(sys, "pre_eol_info").Select(Hexadecimal).DefaultIfEmpty().Max() switch
    {
        1 => "normal",
        2 => "warning",
        3 => "urgent",
        _ => null,
    };

    private static IEnumerable<string> Attributes(ISysfs sys, string name) => sys.List("block")
        .Where(disk => disk.StartsWith("mmcblk", StringComparison.Ordinal))
        .Select(disk => SysfsClass.ReadOrNull(sys, $"block/{disk}/device/{name}"))
        .OfType<string>();

    private static int Hexadecimal(string text) =>
        int.TryParse(text.AsSpan(text.StartsWith("0x", StringComparison.Ordinal) ? 2 : 0), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : 0;
}
