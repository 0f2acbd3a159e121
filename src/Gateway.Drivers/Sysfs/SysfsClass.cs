using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs;

/// <summary>A class of devices that the kernel shows alike: where they are, what they are called, what their attributes mean. Immutable.</summary>
internal abstract class SysfsClass
{
    /// <summary>What <c>class</c> says.</summary>
    public abstract string Name { get; }

    /// <summary>The folder with a folder for each device.</summary>
    public abstract string Folder { get; }

    /// <summary>Whether the name of a device's folder stays the same from one start to the next.</summary>
    public virtual bool HasSteadyFolders => false;

    /// <summary>The attribute with the device's name; null: its folder has it.</summary>
    public virtual string? NameAttribute => null;

    /// <summary>A channel by what a map calls it; null: the device has none of the name.</summary>
    /// <param name="sysfs">Where sysfs is mounted.</param>
    /// <param name="folder">The device's folder.</param>
    /// <param name="name">What the map says.</param>
    public abstract SysfsChannel? FindChannel(ISysfs sysfs, string folder, string name);

    /// <summary>The channels that people want of a device, each with its label if it has one.</summary>
    public abstract IEnumerable<(string Name, string? Label)> ListChannels(ISysfs sysfs, string folder);

    /// <summary>Why a channel cannot be written, whatever the device; null: the device may let it.</summary>
    public virtual string? RefuseWrite(string channel) => null;

    /// <summary>An attribute of the device by its file name; null: there is none.</summary>
    protected static string? FindFile(ISysfs sysfs, string folder, string name)
    {
        var path = $"{folder}/{name}";
        return name.Length > 0 && !name.Contains('/', StringComparison.Ordinal) && sysfs.Exists(path) ? path : null;
    }

    /// <summary>The name before <c>_label</c> of the first label that says so; null: none does.</summary>
    protected static string? FindByLabel(ISysfs sysfs, string folder, string label) => sysfs.List(folder)
        .Where(name => name.EndsWith(LabelSuffix, StringComparison.Ordinal))
        .FirstOrDefault(name => ReadOrNull(sysfs, $"{folder}/{name}") == label)?[..^LabelSuffix.Length];

    /// <summary>A label of a channel; null: it has none.</summary>
    protected static string? LabelOf(ISysfs sysfs, string folder, string channel) => ReadOrNull(sysfs, $"{folder}/{channel}{LabelSuffix}");

    /// <summary>What an attribute says; null: nothing, or it cannot be read.</summary>
    public static string? ReadOrNull(ISysfs sysfs, string path)
    {
        try
        {
            return sysfs.Exists(path) && sysfs.Read(path) is { Length: > 0 } text ? text : null;
        }
        catch (Abstractions.Buses.BusException)
        {
            return null;
        }
    }

    private const string LabelSuffix = "_label";
}
