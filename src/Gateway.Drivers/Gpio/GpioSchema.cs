using Gateway.Abstractions.Schema;
using Gateway.Drivers.Simulated;

namespace Gateway.Drivers.Gpio;

/// <summary>What the maps of the GPIO driver may say.</summary>
internal static class GpioSchema
{
    /// <summary>The shortest period in which a line is switched by software.</summary>
    public static readonly TimeSpan ShortestSlowPeriod = TimeSpan.FromMilliseconds(100);

    private static readonly string[] Edges = ["rising", "falling", "both"];

    private static readonly SectionSchema Pwm = new()
    {
        Name = "'pwm' of a gpio point",
        Keys =
        [
            new()
            {
                Name = "period",
                Type = KeyType.Duration,
                Required = true,
                Minimum = 0.000_001m,
                Maximum = 3600,
                Description = "One time on and one time off together. A line is switched by software, from 0.1 s on; a channel by hardware.",
                Example = "10 s",
            },
            new()
            {
                Name = "channel",
                Type = KeyType.Text,
                Description = "In place of a line: chip and channel below /sys/class/pwm, which keep any period without the processor.",
                Example = "pwmchip0/1",
            },
        ],
    };

    /// <summary>The whole schema.</summary>
    public static readonly DriverSchema Schema = new()
    {
        Name = "gpio",
        Description = "The lines of a GPIO chip: switches, relays, pulse counters, slow heaters.",
        Selector = new()
        {
            Name = "gpio",
            Type = KeyType.TextList,
            Required = true,
            Description = "The chip, by its name below /dev, its path or its label; header is the chip of the 40-pin header of any Raspberry Pi. Of a list the first that is there.",
            Example = "header",
        },
        Bus = new Dictionary<string, SectionSchema> { [""] = new() { Name = "a gpio bus", Keys = [] } },
        Device = new() { Name = "a gpio device", Keys = [] },
        Point = new() { Name = "a gpio point", Keys = [.. Line, .. Counting, .. Output, WaveformSchema.Key] },
    };

    private static KeySchema[] Line =>
    [
        new()
        {
            Name = "line",
            Type = KeyType.Text,
            Description = "The line: its offset on the chip, or its name. Several inputs may be made of one line.",
            Example = "17",
        },
        new()
        {
            Name = "direction",
            Type = KeyType.Choice,
            Choices = ["input", "output"],
            Default = "input",
            Description = "Who drives the line: the world (input) or the gateway (output).",
            Example = "output",
        },
        new()
        {
            Name = "bias",
            Type = KeyType.Choice,
            Choices = ["as-is", "pull-up", "pull-down", "disabled"],
            Default = "as-is",
            Description = "The resistor that holds an input which nothing drives.",
            Example = "pull-up",
        },
        new()
        {
            Name = "active",
            Type = KeyType.Choice,
            Choices = ["high", "low"],
            Default = "high",
            Description = "The level that counts as true.",
            Example = "low",
        },
        new()
        {
            Name = "debounce",
            Type = KeyType.Duration,
            Default = TimeSpan.Zero,
            Minimum = 0,
            Maximum = 60,
            Description = "How long an input must be steady before a change of it counts.",
            Example = "20 ms",
        },
    ];

    private static KeySchema[] Counting =>
    [
        new()
        {
            Name = "count",
            Type = KeyType.Choice,
            Choices = Edges,
            Description = "Counts the edges of an input; the point's value is their number, which survives restarts; with 'write' it can be set. Rising is from false to true. On the only line of its chip in the map, pulses closer together than the kernel takes them go unseen.",
            Example = "rising",
        },
        new()
        {
            Name = "rate",
            Type = KeyType.Choice,
            Choices = Edges,
            Description = "Measures how often an input has edges: the point's value is their number per time, by the time between them.",
            Example = "rising",
        },
        new()
        {
            Name = "per",
            Type = KeyType.Choice,
            Choices = ["s", "min", "h"],
            Default = "s",
            Description = "With rate: the time.",
            Example = "min",
        },
        new()
        {
            Name = "window",
            Type = KeyType.Duration,
            Default = TimeSpan.FromSeconds(10),
            Minimum = 0.1m,
            Maximum = 3600,
            Description = "With rate: how far back edges count; after so long without one the rate is 0.",
            Example = "1 min",
        },
    ];

    private static KeySchema[] Output =>
    [
        .. OutputStates.Keys.Select(key => key.Name == "stop" ? key with { Description = $"{key.Description[..^1]}; many chips make an input of a line that nobody has." } : key),
        OutputStates.PulseKey,
        new()
        {
            Name = "pwm",
            Type = KeyType.Section,
            Section = Pwm,
            Description = "An output that is on for a share of each period; the point's value is that share, 0 to 100 %.",
            Example = "{ period: 10 s }",
        },
    ];
}
