using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.DotnetIot.Bindings;

/// <summary>What the maps of the bindings may say.</summary>
internal static class BindingsSchema
{
    public const string Name = "dotnet-iot";
    public const string I2c = "i2c";
    public const string Spi = "spi";
    public const string Gpio = "gpio";

    /// <summary>The whole schema.</summary>
    public static readonly DriverSchema Schema = new()
    {
        Name = Name,
        Description = "Chips that a device binding of the .NET IoT libraries reads.",
        Selector = new()
        {
            Name = Name,
            Type = KeyType.Choice,
            Choices = [I2c, Spi, Gpio],
            Required = true,
            Description = "What the chips hang on.",
            Example = I2c,
        },
        Bus = new Dictionary<string, SectionSchema>
        {
            [I2c] = new() { Name = "a dotnet-iot i2c bus", Keys = [Adapter, Chip(null)] },
            [Spi] = new() { Name = "a dotnet-iot spi bus", Keys = [.. SpiDevice, Chip(null)] },
            [Gpio] = new() { Name = "a dotnet-iot gpio bus", Keys = [Chip("header")] },
        },
        Device = new()
        {
            Name = "a dotnet-iot device",
            Keys = [Binding, Address, With, Set],
            Instead = new Dictionary<string, string>
            {
                ["pin"] = "pins are parameters of the binding's constructor: with: { pin: 17 }",
                ["pins"] = "pins are parameters of the binding's constructor: with: { triggerPin: 23, echoPin: 24 }",
            },
        },
        Point = new() { Name = "a dotnet-iot point", Keys = [Member] },
        FindsPoints = true,
    };

    private static KeySchema Adapter => new()
    {
        Name = "adapter",
        Type = KeyType.Text,
        Required = true,
        Description = "The I2C adapter: its number, the path of its device file, or its name as the kernel has it (gateway scan i2c tells).",
        Example = "1",
    };

    private static KeySchema[] SpiDevice =>
    [
        new()
        {
            Name = "device",
            Type = KeyType.Text,
            Required = true,
            Description = "Controller and chip select, or the path of the device file.",
            Example = "0.1",
        },
        new()
        {
            Name = "mode",
            Type = KeyType.Integer,
            Default = 0L,
            Minimum = 0,
            Maximum = 3,
            Description = "Clock polarity and phase.",
            Example = "1",
        },
        new()
        {
            Name = "clock",
            Type = KeyType.Integer,
            Default = 1_000_000L,
            Minimum = 1,
            Maximum = int.MaxValue,
            Unit = "Hz",
            Description = "The clock at most; the controller takes the next one below that it has.",
            Example = "500000",
        },
    ];

    private static KeySchema Binding => new()
    {
        Name = "binding",
        Type = KeyType.Text,
        Required = true,
        Description = "The class in Iot.Device.Bindings, with or without its namespace. Without 'points' the device has those that the class marks as telemetry.",
        Example = "Iot.Device.Bmxx80.Bme280",
    };

    private static KeySchema Address => new()
    {
        Name = "address",
        Type = KeyType.Integer,
        Minimum = 0x03,
        Maximum = 0x77,
        Description = "On i2c: the chip's address, 7 bits.",
        Hint = "in hexadecimal 0x03 to 0x77",
        Example = "0x76",
    };

    private static KeySchema With => new()
    {
        Name = "with",
        Type = KeyType.TextMap,
        Description = "The constructor's parameters by name, beside the hardware: numbers, enumeration names, quantities with their unit.",
        Example = "{ triggerPin: 23, echoPin: 24 }",
    };

    private static KeySchema Set => new()
    {
        Name = "set",
        Type = KeyType.TextMap,
        Description = "Properties that are set when the binding was made, in this order.",
        Example = "{ TemperatureSampling: HighResolution }",
    };

    private static KeySchema Member => new()
    {
        Name = "member",
        Type = KeyType.Text,
        Required = true,
        Description = "What is read: a property, a method T X() or bool TryX(out T), and members of what that gives, joined by dots. With '?' the error lists all that the binding offers.",
        Example = "TryReadTemperature",
    };

    private static KeySchema Chip(string? standard) => new()
    {
        Name = "chip",
        Type = KeyType.Text,
        Default = standard,
        Description = "The GPIO chip whose lines bindings use: its name, its label, or header for the 40-pin header of a Raspberry Pi. Pins are the offsets of its lines.",
        Example = "header",
    };
}
