using Gateway.Abstractions.Buses;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs;

/// <summary>A device of the kernel as it stands now.</summary>
/// <param name="Folder">Its folder; the number in its name may be another one tomorrow.</param>
/// <param name="Name">What its driver calls it.</param>
/// <param name="Label">What the machine's description calls it; null: nothing.</param>
/// <param name="Address">What it is bound to, such as <c>1-0048</c>; null: nothing.</param>
internal sealed record SysfsDeviceEntry(string Folder, string Name, string? Label, string? Address)
{
    private string? BaseName => Name.IndexOf('@', StringComparison.Ordinal) is > 0 and var at ? Name[..at] : null;

    /// <summary>How exactly a map's name fits: 2 by address, label or whole name, 1 by the name before <c>@</c>, 0 not at all.</summary>
    public int Fits(string device, bool hasSteadyFolders) =>
        device == Name || device == Label || device == Address || (hasSteadyFolders && Folder.EndsWith("/" + device, StringComparison.Ordinal)) ? 2
        : device == BaseName ? 1
        : 0;
}

/// <summary>Finds devices of a class by names that stay the same when the kernel numbers them anew.</summary>
internal static class SysfsDevices
{
    /// <summary>The devices of a class.</summary>
    public static IReadOnlyList<SysfsDeviceEntry> List(ISysfs sysfs, SysfsClass kind) =>
        [.. sysfs.List(kind.Folder).Select(entry => Describe(sysfs, kind, $"{kind.Folder}/{entry}")).OfType<SysfsDeviceEntry>()];

    /// <summary>The device that a map means.</summary>
    /// <exception cref="BusException">There is none, or more than one.</exception>
    public static SysfsDeviceEntry Find(ISysfs sysfs, SysfsClass kind, string device)
    {
        var all = List(sysfs, kind);
        var best = all.Select(entry => entry.Fits(device, kind.HasSteadyFolders)).DefaultIfEmpty().Max();
        var found = best == 0 ? [] : all.Where(entry => entry.Fits(device, kind.HasSteadyFolders) == best).ToList();
        return found switch
        {
            [var only] => only,
            [] => throw new BusException(BusReasons.Gone, $"There is no {kind.Name} device '{device}'; {Nearby(kind, all)}."),
            _ => throw new BusException(
                SysfsReasons.Ambiguous, $"'{device}' is the name of more than one {kind.Name} device; name one by what it is bound to: {string.Join(", ", found.Select(entry => entry.Address ?? Last(entry.Folder)))}."),
        };
    }

    /// <summary>What stands in a folder; null: it is no device of the class, or has gone.</summary>
    public static SysfsDeviceEntry? Describe(ISysfs sysfs, SysfsClass kind, string folder)
    {
        var name = kind.NameAttribute is { } attribute ? SysfsClass.ReadOrNull(sysfs, $"{folder}/{attribute}") : sysfs.Exists(folder) ? Last(folder) : null;
        return name is null ? null : new SysfsDeviceEntry(folder, name, SysfsClass.ReadOrNull(sysfs, $"{folder}/label"), AddressOf(sysfs, folder));
    }

    // hwmon3/device -> ../../../1-0048; an IIO device has no such link, but stands in the folder of what it is bound to.
    private static string? AddressOf(ISysfs sysfs, string folder)
    {
        if (sysfs.ReadLink($"{folder}/device") is { } device)
        {
            return Last(device);
        }

        return sysfs.ReadLink(folder)?.TrimEnd('/').Split('/') is [.., var parent, _] and { Length: > 2 } && parent is not (".." or "virtual" or "thermal") ? parent : null;
    }

    private static string Nearby(SysfsClass kind, IReadOnlyCollection<SysfsDeviceEntry> all) => all.Count == 0
        ? $"the kernel shows none at all in {kind.Folder}; is its driver loaded, and the device in the device tree?"
        : $"there are {string.Join(", ", all.Select(entry => entry.Address is null || entry.Address == entry.Name ? entry.Name : $"{entry.Name} at {entry.Address}"))}";

    private static string Last(string path) => path[(path.LastIndexOf('/') + 1)..];
}
