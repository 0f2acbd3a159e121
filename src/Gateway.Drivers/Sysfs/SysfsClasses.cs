using Gateway.Drivers.Sysfs.Classes;

namespace Gateway.Drivers.Sysfs;

/// <summary>The classes of devices that a map can name.</summary>
internal static class SysfsClasses
{
    /// <summary>The machine itself, which is no class of the kernel's.</summary>
    public const string System = "system";

    /// <summary>All of the kernel's, by what <c>class</c> says.</summary>
    public static IReadOnlyDictionary<string, SysfsClass> All { get; } =
        new SysfsClass[] { new HwmonClass(), new IioClass(), new ThermalClass(), new PowerSupplyClass(), new LedClass() }.ToDictionary(kind => kind.Name);
}
