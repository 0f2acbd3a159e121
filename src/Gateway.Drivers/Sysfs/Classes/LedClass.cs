using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs.Classes;

/// <summary>LEDs, and what else a driver of the kernel shows as one. ABI/testing/sysfs-class-led.</summary>
internal sealed class LedClass : SysfsClass
{
    private static readonly string[] Wanted = ["brightness", "trigger"];

    public override string Name => "led";

    public override string Folder => "class/leds";

    public override bool HasSteadyFolders => true;

    public override SysfsChannel? FindChannel(ISysfs sysfs, string folder, string name) => FindFile(sysfs, folder, name) is { } path
        ? new SysfsChannel(path) { FullPath = name == "brightness" ? $"{folder}/max_brightness" : null }
        : null;

    public override IEnumerable<(string Name, string? Label)> ListChannels(ISysfs sysfs, string folder) =>
        Wanted.Where(name => sysfs.Exists($"{folder}/{name}")).Select(name => (name, (string?)null));

    public override string? RefuseWrite(string channel) => channel == "max_brightness" ? "is what the LED can do" : null;
}
