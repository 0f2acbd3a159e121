using System.Globalization;
using Gateway.Drivers.Sysfs.Classes;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs.Machine;

/// <summary>Temperature, clock and throttling of the processor.</summary>
internal static class ProcessorState
{
    // Raspberry Pi and most boards with a device tree; Intel; others.
    private static readonly string[] Zones = ["cpu-thermal", "cpu_thermal", "x86_pkg_temp", "soc-thermal", "soc_thermal", "cpu0-thermal", "cpu0_thermal"];
    private static readonly string[] Chips = ["coretemp", "k10temp", "cpu_thermal"];

    /// <summary>°C; null: the machine has no sensor that is known to be the processor's.</summary>
    public static decimal? Temperature(ISysfs sys) =>
        Number(sys, new ThermalClass(), Zones, "temp") ?? Number(sys, new HwmonClass(), Chips, "temp1");

    /// <summary>The clock of the first processor now, MHz; null: it cannot be changed.</summary>
    public static decimal? Megahertz(ISysfs sys) =>
        SysfsClass.ReadOrNull(sys, "devices/system/cpu/cpu0/cpufreq/scaling_cur_freq") is { } text && AttributeText.TryParseNumber(text, out var kilohertz) ? kilohertz / 1000 : null;

    /// <summary>
    /// The firmware's flags on a Raspberry Pi: bits 0 to 3 for now, 16 to 19 for since they were reset. A kernel that is not Raspberry Pi's own
    /// tells of too low a voltage only (raspberrypi-hwmon), which is bit 0. Null: the machine tells nothing.
    /// </summary>
    public static long? Throttled(ISysfs sys)
    {
        foreach (var folder in FirmwareFolders(sys))
        {
            if (SysfsClass.ReadOrNull(sys, $"{folder}/get_throttled") is { } text && long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits))
            {
                return bits;
            }
        }

        return Number(sys, new HwmonClass(), ["rpi_volt"], "in0_lcrit_alarm") is { } alarm ? (long)alarm : null;
    }

    // soc/soc:firmware, on a Pi 5 with the address of the bus in both names.
    private static IEnumerable<string> FirmwareFolders(ISysfs sys) => sys.List("devices/platform")
        .Where(name => name.StartsWith("soc", StringComparison.Ordinal) || name.StartsWith("scb", StringComparison.Ordinal))
        .SelectMany(soc => sys.List($"devices/platform/{soc}").Where(name => name.EndsWith(":firmware", StringComparison.Ordinal)).Select(name => $"devices/platform/{soc}/{name}"));

    private static decimal? Number(ISysfs sys, SysfsClass kind, string[] names, string channel)
    {
        var devices = SysfsDevices.List(sys, kind);
        var found = names.Select(name => devices.FirstOrDefault(device => device.Name == name)).FirstOrDefault(device => device is not null);
        return found is not null && kind.FindChannel(sys, found.Folder, channel)?.Read(sys) is { } value && value.TryGetNumber(out var number) ? number : null;
    }
}
