namespace Gateway.Linux.Serial;

/// <summary>The serial ports of the machine.</summary>
public static class SerialPorts
{
    private static readonly string[] Adapters = ["ttyUSB*", "ttyACM*", "ttyAMA*", "ttySC*", "ttyGS*", "rfcomm*"];

    /// <summary>
    /// The ports that have hardware behind them, each once: by the name that stays the same when adapters change places
    /// (<c>/dev/serial/by-id/…</c>) where it has one.
    /// </summary>
    public static IReadOnlyList<string> List()
    {
        var byId = Entries("/dev/serial/by-id", "*").ToList();
        var named = byId.Select(link => File.ResolveLinkTarget(link, returnFinalTarget: true)?.FullName).ToHashSet();
        var others = Adapters.SelectMany(pattern => Entries("/dev", pattern)).Concat(Entries("/dev", "ttyS*").Where(IsThere));
        return [.. byId, .. others.Where(path => !named.Contains(path)).Order(StringComparer.Ordinal)];
    }

    private static string[] Entries(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.GetFiles(folder, pattern) : [];

    // The kernel keeps ttyS entries for UARTs that are not there; their type is 0.
    private static bool IsThere(string path)
    {
        try
        {
            return File.ReadAllText($"/sys/class/tty/{Path.GetFileName(path)}/type").Trim() is not ("0" or "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
