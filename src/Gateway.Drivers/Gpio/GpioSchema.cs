using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Gpio;

/// <summary>What the maps of the GPIO driver may say.</summary>
internal static class GpioSchema
{
    /// <summary>The whole schema.</summary>
    public static readonly DriverSchema Schema = new()
    {
        Name = "gpio",
        Description = "The lines of a GPIO chip: switches, relays, pulse counters.",
        Selector = new()
        {
            Name = "gpio",
            Type = KeyType.Text,
            Required = true,
            Description = "The chip, by its name below /dev.",
            Example = "gpiochip0",
        },
        Bus = new Dictionary<string, SectionSchema> { [""] = new() { Name = "a gpio bus", Keys = [] } },
        Device = new() { Name = "a gpio device", Keys = [] },
        Point = new()
        {
            Name = "a gpio point",
            Keys =
            [
                new()
                {
                    Name = "line",
                    Type = KeyType.Integer,
                    Required = true,
                    Minimum = 0,
                    Maximum = 1023,
                    Description = "The line's offset on the chip.",
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
                new()
                {
                    Name = "count",
                    Type = KeyType.Choice,
                    Choices = ["rising", "falling", "both"],
                    Description = "Counts the edges of an input; the point's value is their number. Rising is from false to true.",
                    Example = "rising",
                },
                Simulated.WaveformSchema.Key,
            ],
        },
    };
}
