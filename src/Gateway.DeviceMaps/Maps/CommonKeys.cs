using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Schema;

namespace Gateway.DeviceMaps.Maps;

/// <summary>The keys that maps have whatever the driver.</summary>
internal static class CommonKeys
{
    /// <summary>The default time between two reads.</summary>
    public static readonly TimeSpan DefaultEvery = TimeSpan.FromSeconds(10);

    /// <summary>The default longest silence of a point that reports changes.</summary>
    public static readonly TimeSpan DefaultHeartbeat = TimeSpan.FromMinutes(10);

    private const string EveryInstead = "the time between two reads is 'every', for example every: 10 s";

    private const string DeviceInstead = "it belongs to a device";

    private const int Day = 86_400;

    private static readonly KeySchema Every = new()
    {
        Name = "every",
        Type = KeyType.Duration,
        Minimum = 0.01m,
        Maximum = 30 * Day,
        Description = "Time between two reads; a point's own goes before the device's, which is 10 s if it is left out.",
        Example = "1 s",
    };

    private static readonly KeySchema Points = new()
    {
        Name = "points",
        Type = KeyType.Section,
        Description = "The points, each under its name.",
        Example = "{ flow: { … } }",
    };

    private static readonly KeySchema RetryAfter = new()
    {
        Name = "retry-after",
        Type = KeyType.Duration,
        Default = TimeSpan.FromSeconds(0.5),
        Minimum = 0.01m,
        Maximum = Day,
        Description = "How long a device that does not answer is left alone; doubles with each further failure.",
        Example = "5 s",
    };

    private static readonly KeySchema MaxRetryAfter = new()
    {
        Name = "max-retry-after",
        Type = KeyType.Duration,
        Default = TimeSpan.FromSeconds(60),
        Minimum = 0.01m,
        Maximum = Day,
        Description = "The longest that a device that does not answer is left alone; all of a bus together take a twentieth of its time at most.",
        Example = "10 min",
    };

    private static readonly KeySchema[] DeviceBody = [Every, RetryAfter, MaxRetryAfter, Points];

    /// <summary>Keys that people know from elsewhere.</summary>
    public static readonly IReadOnlyDictionary<string, string> Instead = new Dictionary<string, string>
    {
        ["interval"] = EveryInstead,
        ["poll"] = EveryInstead,
        ["poll-interval"] = EveryInstead,
        ["rate"] = EveryInstead,
        ["factor"] = "raw values are multiplied by 'scale'",
        ["multiplier"] = "raw values are multiplied by 'scale'",
        ["divisor"] = "raw values are multiplied by 'scale', for example scale: 0.1",
        ["writable"] = "a point that commands may write has 'write: true'",
    };

    /// <summary>The keys of a document.</summary>
    public static readonly SectionSchema Document = new()
    {
        Name = "a map",
        Keys =
        [
            new() { Name = "bus", Type = KeyType.Section, Required = true, Description = "What the devices hang on.", Example = "{ modbus: tcp, host: 10.0.0.7 }" },
            new() { Name = "devices", Type = KeyType.Section, Required = true, Description = "The devices, a list.", Example = "[{ name: meter, … }]" },
            FileSchema.Key,
        ],
        Instead = new Dictionary<string, string>(Instead) { ["name"] = DeviceInstead, ["profile"] = DeviceInstead, ["points"] = DeviceInstead, ["every"] = DeviceInstead },
    };

    /// <summary>The keys of every device.</summary>
    public static readonly IReadOnlyList<KeySchema> Device =
    [
        new() { Name = "name", Type = KeyType.Text, Required = true, Description = "The device's name, unique over all maps; one level of its topics.", Example = "boiler" },
        new() { Name = "profile", Type = KeyType.Text, Description = "The profile of the device library that it is made from; the device's own keys go before it.", Example = "eastron/sdm630" },
        .. DeviceBody,
    ];

    /// <summary>The keys of every profile.</summary>
    public static readonly IReadOnlyList<KeySchema> Profile =
    [
        new() { Name = "driver", Type = KeyType.Text, Required = true, Description = "The driver that the profile is for.", Example = "modbus" },
        new() { Name = "description", Type = KeyType.Text, Required = true, Description = "Maker, model and what it is, in a line.", Example = "Eastron SDM630 three-phase meter" },
        new() { Name = "source", Type = KeyType.TextList, Required = true, Description = "Where its registers are documented.", Example = "https://example.org/manual.pdf" },
        FileSchema.Key,
        .. DeviceBody,
    ];

    /// <summary>The keys of every point.</summary>
    public static readonly IReadOnlyList<KeySchema> Point =
    [
        Every,
        new() { Name = "unit", Type = KeyType.Text, Description = "The unit of measurement, as it is published.", Example = "°C" },
        new() { Name = "scale", Type = KeyType.Number, Default = 1m, Description = "value = raw × scale + offset, in decimal.", Example = "0.1" },
        new() { Name = "offset", Type = KeyType.Number, Default = 0m, Description = "value = raw × scale + offset, in the point's unit.", Example = "-40" },
        new() { Name = "report", Type = KeyType.Choice, Choices = ["always", "change"], Default = "always", Description = "Whether every reading is published or only changes; 'deadband' implies change.", Example = "change" },
        new() { Name = "deadband", Type = KeyType.Number, Default = 0m, Minimum = 0, Description = "A change smaller than this, in the point's unit, is none.", Example = "0.2" },
        new() { Name = "heartbeat", Type = KeyType.Duration, Default = DefaultHeartbeat, Minimum = 1, Maximum = 30 * Day, Description = "With report: change, the longest silence.", Example = "10 min" },
        new() { Name = "priority", Type = KeyType.Choice, Choices = ["normal", "high"], Default = "normal", Description = "With high the point's readings, such as alarms, overtake all others on their way upstream.", Example = "high" },
        new() { Name = "enum", Type = KeyType.TextMap, Description = "Numbers and the texts that are published instead.", Example = "{ 0: \"off\", 1: eco }" },
        new() { Name = "flags", Type = KeyType.TextMap, Description = "Bits, 0 the least significant, and the texts of those that are set, which are published as a list instead of the number.", Example = "{ 0: overvoltage, 3: fan }" },
        new() { Name = "round", Type = KeyType.Integer, Minimum = 0, Maximum = 15, Unit = "decimals", Description = "What the published number is rounded to, half away from zero.", Example = "1" },
        new() { Name = "write", Type = KeyType.Boolean, Default = false, Description = "Whether commands may write the point.", Example = "true" },
        new() { Name = "write-min", Type = KeyType.Number, Description = "The smallest value that commands may write, in the point's unit; 'min' if it is left out.", Example = "5" },
        new() { Name = "write-max", Type = KeyType.Number, Description = "The largest value that commands may write, in the point's unit; 'max' if it is left out.", Example = "30" },
        new() { Name = "min", Type = KeyType.Number, Description = "The smallest plausible value, in the point's unit; a smaller one is suppressed and counted.", Example = "-40" },
        new() { Name = "max", Type = KeyType.Number, Description = "The largest plausible value, in the point's unit; a larger one is suppressed and counted.", Example = "120" },
        new() { Name = "max-step", Type = KeyType.Number, Minimum = 0, Description = "The largest plausible change from one reading to the next, in the point's unit, as much more after a pause as readings are missing; a larger one is suppressed and counted.", Example = "5" },
        new() { Name = "monotonic", Type = KeyType.Boolean, Default = false, Description = "Whether the value can only grow; a smaller one is suppressed and counted.", Example = "true" },
        new() { Name = "accept-after", Type = KeyType.Integer, Default = 5L, Minimum = 1, Maximum = 10_000, Unit = "readings", Description = "After how many readings in a row that 'monotonic' or 'max-step' suppressed, though they suit each other, the new value is taken: the meter was replaced or reset.", Example = "10" },
        new() { Name = "roll-over", Type = KeyType.Number, Minimum = 2, Description = "The raw number of counts at which the device's counter begins at 0 again; the published value goes on upwards, over restarts of the gateway too. A smaller raw value is such a turn only if the way forwards, over the end, is shorter than the way back; else it is a decrease, for 'monotonic' to judge. A misread value, high or low, does not count as a turn: the next that goes on from before it undoes what it did, as long as fewer than 'accept-after' readings in a row were misread so. Values that were suppressed are not compared with.", Example = "65536" },
    ];

    /// <summary>The keys of a point that is calculated: all that does not concern reading and writing.</summary>
    public static readonly SectionSchema Calculated = new()
    {
        Name = "a calculated point",
        Keys =
        [
            new() { Name = "calc", Type = KeyType.Text, Required = true, Description = "An expression in JavaScript over the published values of other points of the device, by their names: + - * / %, comparisons, && || !, ? :, and the functions of Math.", Example = "voltage * current" },
            .. Point.Where(key => key.Name is not ("every" or "scale" or "offset" or "flags" or "write" or "write-min" or "write-max" or "roll-over")),
        ],
        Instead = new Dictionary<string, string> { ["every"] = "it is calculated whenever a point that it needs was read", ["write"] = "nothing can be written to it", ["scale"] = "say it in 'calc'", ["offset"] = "say it in 'calc'" },
    };
}
