using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Sysfs;

/// <summary>What the maps of the sysfs driver may say.</summary>
internal static class SysfsSchema
{
    /// <summary>The folder whose disk a system tells of.</summary>
    public const string DefaultFolder = "/var/lib/gateway";

    /// <summary>The whole schema.</summary>
    public static readonly DriverSchema Schema = new()
    {
        Name = "sysfs",
        Description = "What the kernel drives already: monitoring chips, converters and sensors, batteries, LEDs, and the machine itself.",
        Selector = new()
        {
            Name = "sysfs",
            Type = KeyType.Text,
            Required = true,
            Description = "Where sysfs is mounted; proc is taken to be beside it.",
            Example = "/sys",
        },
        Bus = new Dictionary<string, SectionSchema> { [""] = new() { Name = "a sysfs bus", Keys = [] } },
        Device = new()
        {
            Name = "a sysfs device",
            Keys =
            [
                new()
                {
                    Name = "class",
                    Type = KeyType.Choice,
                    Choices = [.. SysfsClasses.All.Keys, SysfsClasses.System],
                    Description = "What kind of device the kernel shows it as; system is the machine itself, whose points come from the device library.",
                    Example = "hwmon",
                },
                new()
                {
                    Name = "device",
                    Type = KeyType.Text,
                    Description = "The device by the name that its driver gives it, by its label, or by what it is bound to, such as 1-0048, where several have one name (gateway scan sysfs tells). Not for a system.",
                    Example = "lm75",
                },
                new()
                {
                    Name = "interface",
                    Type = KeyType.Text,
                    Description = "Of a system: the network interface that it tells of. Default: the one with the default route.",
                    Example = "eth0",
                },
                new()
                {
                    Name = "folder",
                    Type = KeyType.Text,
                    Description = $"Of a system: a folder on the file system that it tells of. Default: {DefaultFolder}, or where that will be.",
                    Example = "/home",
                },
            ],
            Instead = new Dictionary<string, string> { ["sensor"] = "here it is 'class' and 'device', for example class: hwmon, device: lm75" },
        },
        Point = new()
        {
            Name = "a sysfs point",
            Keys =
            [
                new()
                {
                    Name = "channel",
                    Type = KeyType.Text,
                    Required = true,
                    Description = "What of the device it is: temp1, in_voltage0, temp, capacity, brightness …, a label that the driver gives, or an attribute by its file name.",
                    Example = "temp1",
                },
                Simulated.WaveformSchema.Key,
            ],
        },
        NamedProfiles = new NamedProfiles("class", new Dictionary<string, string> { [SysfsClasses.System] = "linux/system" }),
    };
}
