using System.Text.RegularExpressions;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs.Classes;

/// <summary>Monitoring chips: temperatures, voltages, fans. Documentation/hwmon/sysfs-interface.rst, ABI/testing/sysfs-class-hwmon.</summary>
internal sealed partial class HwmonClass : SysfsClass
{
    // What follows the channel's number and is no measured quantity.
    private static readonly string[] Plain =
    [
        "label", "alarm", "min_alarm", "max_alarm", "crit_alarm", "lcrit_alarm", "emergency_alarm", "cap_alarm", "fault", "beep", "enable", "type", "mode", "accuracy",
        "average_interval", "average_interval_min", "average_interval_max", "reset_history", "samples", "interval", "freq", "vid", "div", "pulses",
    ];

    public override string Name => "hwmon";

    public override string Folder => "class/hwmon";

    public override string NameAttribute => "name";

    public override SysfsChannel? FindChannel(ISysfs sysfs, string folder, string name) =>
        OfPrefix(sysfs, folder, name)
        ?? OfFile(sysfs, folder, name)
        ?? (FindByLabel(sysfs, folder, name) is { } prefix ? OfPrefix(sysfs, folder, prefix) : null);

    public override IEnumerable<(string Name, string? Label)> ListChannels(ISysfs sysfs, string folder) => sysfs.List(folder)
        .Select(name => Listed().Match(name))
        .Where(match => match.Success)
        .Select(match => (Type: match.Groups["type"].Value, Number: match.Groups["number"].Value))
        .Distinct()
        .OrderBy(channel => channel.Type, StringComparer.Ordinal)
        .ThenBy(channel => channel.Number.Length)
        .ThenBy(channel => channel.Number, StringComparer.Ordinal)
        .Select(channel => (channel.Type + channel.Number, LabelOf(sysfs, folder, channel.Type + channel.Number)));

    public override string? RefuseWrite(string channel) => Prefix().IsMatch(channel) && !channel.StartsWith("pwm", StringComparison.Ordinal)
        ? "is measured; what can be written is pwm1 and its like, and limits such as temp1_max"
        : null;

    // temp1: temp1_input
    private static SysfsChannel? OfPrefix(ISysfs sysfs, string folder, string name)
    {
        if (!Prefix().IsMatch(name))
        {
            return null;
        }

        var file = name.StartsWith("pwm", StringComparison.Ordinal) ? name
            : name.StartsWith("intrusion", StringComparison.Ordinal) ? name + "_alarm"
            : sysfs.Exists($"{folder}/{name}_input") ? name + "_input"
            : name + "_average";
        var fault = $"{folder}/{name}_fault";
        return OfFile(sysfs, folder, file) is { } channel ? channel with { FaultPath = sysfs.Exists(fault) ? fault : null } : null;
    }

    private static SysfsChannel? OfFile(ISysfs sysfs, string folder, string name)
    {
        if (FindFile(sysfs, folder, name) is not { } path)
        {
            return null;
        }

        var match = Attribute().Match(name);
        var (factor, unit) = !match.Success || Plain.Contains(match.Groups["what"].Value) ? (1m, null) : match.Groups["type"].Value switch
        {
            "temp" => (0.001m, "°C"),
            "in" => (0.001m, "V"),
            "curr" => (0.001m, "A"),
            "power" => (0.000001m, "W"),
            "energy" => (0.000001m, "J"),
            "humidity" => (0.001m, "%RH"),
            "fan" => (1m, "rpm"),
            _ => (1m, (string?)null),
        };
        return new SysfsChannel(path, factor) { Unit = unit };
    }

    [GeneratedRegex("^(temp|in|curr|power|energy|humidity|fan|pwm|intrusion)[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Prefix();

    [GeneratedRegex("^(?<type>[a-z]+)[0-9]+_(?<what>.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Attribute();

    [GeneratedRegex("^((?<type>temp|in|curr|energy|humidity|fan)(?<number>[0-9]+)_input|(?<type>power)(?<number>[0-9]+)_(input|average)|(?<type>pwm)(?<number>[0-9]+))$", RegexOptions.CultureInvariant)]
    private static partial Regex Listed();
}
