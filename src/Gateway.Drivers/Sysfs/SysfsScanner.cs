using Gateway.Abstractions.Buses;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs;

/// <summary>A device that the kernel drives.</summary>
/// <param name="Class">What <c>class</c> says of it in a map.</param>
/// <param name="Device">What <c>device</c> says: its name, or what it is bound to where others have the same.</param>
/// <param name="Name">What its driver calls it.</param>
/// <param name="Address">What it is bound to, such as <c>1-0048</c>; null: nothing.</param>
/// <param name="Channels">What it measures.</param>
public sealed record SysfsFind(string Class, string Device, string Name, string? Address, IReadOnlyList<SysfsFoundChannel> Channels);

/// <summary>A channel of a device.</summary>
/// <param name="Channel">What <c>channel</c> says in a map.</param>
/// <param name="Label">What its driver calls it; null: nothing.</param>
/// <param name="Unit">The unit of its value; null: none.</param>
/// <param name="Value">Its value now; null: it has none.</param>
/// <param name="Fault">Why it has none, one sentence; null: it has one.</param>
public sealed record SysfsFoundChannel(string Channel, string? Label, string? Unit, string? Value, string? Fault);

/// <summary>Finds what the kernel drives.</summary>
public static class SysfsScanner
{
    /// <summary>The devices that have something to read. Blocks while they measure.</summary>
    /// <param name="sysfs">Where sysfs is mounted.</param>
    public static IReadOnlyList<SysfsFind> Scan(ISysfs sysfs)
    {
        var found = new List<SysfsFind>();
        foreach (var kind in SysfsClasses.All.Values)
        {
            var all = SysfsDevices.List(sysfs, kind);
            foreach (var entry in all)
            {
                var channels = kind.ListChannels(sysfs, entry.Folder).Select(channel => Read(sysfs, kind, entry, channel.Name, channel.Label)).ToList();
                if (channels.Count > 0)
                {
                    found.Add(new SysfsFind(kind.Name, NameOf(entry, kind, all), entry.Name, entry.Address, channels));
                }
            }
        }

        return found;
    }

    private static string NameOf(SysfsDeviceEntry entry, SysfsClass kind, IReadOnlyList<SysfsDeviceEntry> all) =>
        all.Count(other => other.Name == entry.Name) == 1 ? entry.Name
        : kind.HasSteadyFolders ? entry.Folder[(entry.Folder.LastIndexOf('/') + 1)..]
        : entry.Address ?? entry.Name;

    private static SysfsFoundChannel Read(ISysfs sysfs, SysfsClass kind, SysfsDeviceEntry entry, string name, string? label)
    {
        var channel = kind.FindChannel(sysfs, entry.Folder, name);
        try
        {
            return new SysfsFoundChannel(name, label, channel?.Unit, channel?.Read(sysfs).ToString(), null);
        }
        catch (BusException fault)
        {
            return new SysfsFoundChannel(name, label, channel?.Unit, null, fault.Message);
        }
    }
}
