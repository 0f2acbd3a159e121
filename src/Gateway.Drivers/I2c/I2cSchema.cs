using Gateway.Abstractions.Schema;
using Gateway.Drivers.Chips;
using Gateway.Drivers.Gpio;
using Gateway.Drivers.I2c.Sensors;

namespace Gateway.Drivers.I2c;

/// <summary>What the maps of the I2C driver may say.</summary>
internal static class I2cSchema
{
    private const string AddressInstead = "the chip's address belongs to its device, and what is read of it is 'field' or 'register'";

    /// <summary>The whole schema.</summary>
    public static readonly DriverSchema Schema = new()
    {
        Name = "i2c",
        Description = "Sensors and other chips on an I2C bus.",
        Selector = new()
        {
            Name = "i2c",
            Type = KeyType.Text,
            Required = true,
            Description = "The adapter: its number, the path of its device file, or its name as the kernel has it (gateway scan i2c tells).",
            Example = "1",
        },
        Bus = new Dictionary<string, SectionSchema> { [""] = new() { Name = "an i2c bus", Keys = [] } },
        Device = new() { Name = "an i2c device", Keys = [ChipKeys.SensorKey(I2cSensors.All.Keys), .. Device, .. RegisterKeys.Device] },
        Point = new()
        {
            Name = "an i2c point",
            Keys = [ChipKeys.FieldKey, .. Point, .. RegisterKeys.Point, Simulated.WaveformSchema.Key],
            ExactlyOneOf = [RegisterKeys.Places],
            Instead = new Dictionary<string, string> { ["address"] = AddressInstead },
        },
        NamedProfiles = new NamedProfiles(
            ChipKeys.Sensor, I2cSensors.All.Values.Where(type => type.Profile is not null).ToDictionary(type => type.Name, type => type.Profile!)),
    };

    private static KeySchema[] Device =>
    [
        new()
        {
            Name = "address",
            Type = KeyType.Integer,
            Minimum = 0x03,
            Maximum = 0x77,
            Description = "The chip's address, 7 bits. Default: the usual one of the sensor.",
            Hint = "in hexadecimal 0x03 to 0x77",
            Example = "0x76",
        },
        new()
        {
            Name = "mux",
            Type = KeyType.Section,
            Description = "The channel of a multiplexer (TCA9548A, PCA9548A) that the chip hangs on. One that the kernel drives needs no key: its channels are adapters of their own.",
            Example = "{ address: 0x70, channel: 3 }",
            Section = Mux,
        },
        new()
        {
            Name = "pec",
            Type = KeyType.Boolean,
            Default = false,
            Description = "Whether each transaction has a packet error code, as some chips that speak SMBus can.",
            Example = "true",
        },
        new()
        {
            Name = "shunt",
            Type = KeyType.Number,
            Default = 0.1m,
            Minimum = 0.00001m,
            Maximum = 1000,
            Unit = "Ω",
            Description = "Of an ina219 or ina226: the resistor that the current flows through.",
            Example = "0.002",
        },
        new()
        {
            Name = "reference",
            Type = KeyType.Number,
            Default = 3.3m,
            Minimum = 0.1m,
            Maximum = 10,
            Unit = "V",
            Description = "Of an mcp4725: its supply, which is the highest voltage that it puts out.",
            Example = "5",
        },
    ];

    private static KeySchema[] Point =>
    [
        new()
        {
            Name = "range",
            Type = KeyType.Choice,
            Choices = Ads1115.Ranges,
            Default = Ads1115.DefaultRange,
            Description = "Of an ads1115 or ads1015: the voltage up to which the input is measured, in V. No input may exceed the chip's supply.",
            Example = "2.048",
        },
        new()
        {
            Name = "direction",
            Type = KeyType.Choice,
            Choices = ["input", "output"],
            Default = "input",
            Description = "Of a pcf8574 or mcp23017: who drives the pin, the world (input) or the gateway (output).",
            Example = "output",
        },
        new()
        {
            Name = "active",
            Type = KeyType.Choice,
            Choices = ["high", "low"],
            Default = "high",
            Description = "Of a pcf8574 or mcp23017: the level that counts as true.",
            Example = "low",
        },
        new()
        {
            Name = "bias",
            Type = KeyType.Choice,
            Choices = ["disabled", "pull-up"],
            Default = "disabled",
            Description = "Of an mcp23017: the resistor that holds an input which nothing drives. A pcf8574 always has one.",
            Example = "pull-up",
        },
        .. OutputStates.Keys.Select(key => Of("pcf8574, mcp23017 or mcp4725", key)),
        Of("pcf8574 or mcp23017", OutputStates.PulseKey),
    ];

    private static KeySchema Of(string chips, KeySchema key) => key with { Description = $"Of a {chips}: {char.ToLowerInvariant(key.Description[0])}{key.Description[1..]}" };

    /// <summary>The keys of <c>mux</c>.</summary>
    private static SectionSchema Mux => new()
    {
        Name = "a multiplexer",
        Keys =
        [
            new() { Name = "address", Type = KeyType.Integer, Default = 0x70L, Minimum = 0x70, Maximum = 0x77, Description = "The multiplexer's address.", Hint = "in hexadecimal 0x70 to 0x77", Example = "0x70" },
            new() { Name = "channel", Type = KeyType.Integer, Required = true, Minimum = 0, Maximum = 7, Description = "Its channel.", Example = "3" },
        ],
    };
}
