using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs.Classes;

/// <summary>Thermal zones and cooling devices. ABI/testing/sysfs-class-thermal.</summary>
internal sealed class ThermalClass : SysfsClass
{
    private static readonly string[] Wanted = ["temp", "cur_state"];

    public override string Name => "thermal";

    public override string Folder => "class/thermal";

    // They are numbered in the order in which the machine describes them.
    public override bool HasSteadyFolders => true;

    public override string NameAttribute => "type";

    public override SysfsChannel? FindChannel(ISysfs sysfs, string folder, string name)
    {
        if (FindFile(sysfs, folder, name) is not { } path)
        {
            return null;
        }

        var isTemperature = name == "temp" || name.EndsWith("_temp", StringComparison.Ordinal) || name.EndsWith("_hyst", StringComparison.Ordinal);
        return isTemperature ? new SysfsChannel(path, 0.001m) { Unit = "°C" } : new SysfsChannel(path);
    }

    public override IEnumerable<(string Name, string? Label)> ListChannels(ISysfs sysfs, string folder) =>
        Wanted.Where(name => sysfs.Exists($"{folder}/{name}")).Select(name => (name, (string?)null));

    public override string? RefuseWrite(string channel) => channel == "temp" ? "is measured" : null;
}
