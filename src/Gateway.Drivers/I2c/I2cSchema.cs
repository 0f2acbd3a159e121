using Gateway.Abstractions.Schema;
using Gateway.Drivers.Chips;

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
            Keys = [ChipKeys.FieldKey, .. RegisterKeys.Point, Simulated.WaveformSchema.Key],
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
    ];

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
