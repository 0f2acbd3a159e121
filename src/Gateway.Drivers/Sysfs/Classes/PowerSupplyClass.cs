using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs.Classes;

/// <summary>Batteries, UPSes and power supplies. ABI/testing/sysfs-class-power.</summary>
internal sealed class PowerSupplyClass : SysfsClass
{
    private static readonly string[] Wanted =
        ["online", "present", "status", "health", "capacity", "capacity_level", "voltage", "current", "power", "energy", "charge", "temp", "time_to_empty", "time_to_full", "cycle_count"];

    // What of a charge is one in ampere hours; charge_type and charge_control_limit, for example, are not.
    private static readonly string[] Charges = ["charge_now", "charge_avg", "charge_full", "charge_empty", "charge_full_design", "charge_empty_design", "charge_counter"];

    public override string Name => "power-supply";

    public override string Folder => "class/power_supply";

    public override bool HasSteadyFolders => true;

    public override SysfsChannel? FindChannel(ISysfs sysfs, string folder, string name)
    {
        // voltage: voltage_now, not a folder such as power.
        var file = sysfs.Exists($"{folder}/{name}_now") ? name + "_now" : name;
        if (file == "power" || FindFile(sysfs, folder, file) is not { } path)
        {
            return null;
        }

        var (factor, unit) = Scale(file);
        return new SysfsChannel(path, factor) { Unit = unit };
    }

    public override IEnumerable<(string Name, string? Label)> ListChannels(ISysfs sysfs, string folder) =>
        Wanted.Where(name => FindChannel(sysfs, folder, name) is not null).Select(name => (name, (string?)null));

    private static (decimal Factor, string? Unit) Scale(string file) => file switch
    {
        _ when file.Contains("voltage", StringComparison.Ordinal) => (0.000001m, "V"),
        _ when file.Contains("current", StringComparison.Ordinal) => (0.000001m, "A"),
        _ when file.StartsWith("power_", StringComparison.Ordinal) || file == "input_power_limit" => (0.000001m, "W"),
        _ when file.StartsWith("energy_", StringComparison.Ordinal) => (0.000001m, "Wh"),
        _ when Charges.Contains(file) => (0.000001m, "Ah"),
        _ when file.StartsWith("temp", StringComparison.Ordinal) => (0.1m, "°C"),
        _ when file.StartsWith("time_to_", StringComparison.Ordinal) => (1, "s"),
        "capacity" or "capacity_alert_min" or "capacity_alert_max" or "capacity_error_margin" => (1, "%"),
        _ => (1, null),
    };
}
