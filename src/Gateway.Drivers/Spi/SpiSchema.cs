using Gateway.Abstractions.Schema;
using Gateway.Drivers.Chips;
using Gateway.Drivers.Spi.Sensors;

namespace Gateway.Drivers.Spi;

/// <summary>What the maps of the SPI driver may say.</summary>
internal static class SpiSchema
{
    /// <summary>The whole schema.</summary>
    public static readonly DriverSchema Schema = new()
    {
        Name = "spi",
        Description = "A chip on an SPI bus, behind one chip select.",
        Selector = new()
        {
            Name = "spi",
            Type = KeyType.Text,
            Required = true,
            Description = "The bus and the chip select, as in /dev/spidev0.1, or the path of the device file.",
            Example = "0.1",
        },
        Bus = new Dictionary<string, SectionSchema> { [""] = new() { Name = "an spi bus", Keys = Bus } },
        Device = new() { Name = "an spi device", Keys = [ChipKeys.SensorKey(SpiSensors.All.Keys), .. Device, .. RegisterKeys.Device] },
        Point = new()
        {
            Name = "an spi point",
            Keys = [ChipKeys.FieldKey, .. RegisterKeys.Point, Simulated.WaveformSchema.Key],
            ExactlyOneOf = [RegisterKeys.Places],
        },
        NamedProfiles = new NamedProfiles(
            ChipKeys.Sensor, SpiSensors.All.Values.Where(type => type.Profile is not null).ToDictionary(type => type.Name, type => type.Profile!)),
    };

    private static KeySchema[] Bus =>
    [
        new()
        {
            Name = "mode",
            Type = KeyType.Integer,
            Minimum = 0,
            Maximum = 3,
            Description = "Clock polarity and phase. Default: those of the sensor, else 0.",
            Example = "3",
        },
        new()
        {
            Name = "speed",
            Type = KeyType.Integer,
            Minimum = 1000,
            Maximum = 125_000_000,
            Unit = "Hz",
            Description = "The clock at most. Default: 1 MHz.",
            Example = "500000",
        },
    ];

    private static KeySchema[] Device =>
    [
        new()
        {
            Name = "reference",
            Type = KeyType.Number,
            Default = 3.3m,
            Minimum = 0.1m,
            Maximum = 10,
            Unit = "V",
            Description = "Of an mcp3004, mcp3008, mcp3204 or mcp3208: the voltage at its reference pin.",
            Example = "5",
        },
        new()
        {
            Name = "thermocouple",
            Type = KeyType.Choice,
            Choices = Max31856.Thermocouples,
            Default = "K",
            Description = "Of a max31856: the type of the thermocouple. A max31855 is made for one.",
            Example = "T",
        },
        new()
        {
            Name = "mains",
            Type = KeyType.Choice,
            Choices = ["50", "60"],
            Default = "50",
            Description = "Of a max31856 or max31865: the frequency in Hz of the mains, which it filters out.",
            Example = "60",
        },
        new()
        {
            Name = "wires",
            Type = KeyType.Choice,
            Choices = ["2", "3", "4"],
            Default = "2",
            Description = "Of a max31865: the wires to the resistor.",
            Example = "4",
        },
        new()
        {
            Name = "nominal",
            Type = KeyType.Number,
            Default = 100m,
            Minimum = 10,
            Maximum = 10_000,
            Unit = "Ω",
            Description = "Of a max31865: the resistance at 0 °C, 100 of a Pt100, 1000 of a Pt1000.",
            Example = "1000",
        },
        new()
        {
            Name = "reference-resistor",
            Type = KeyType.Number,
            Default = 430m,
            Minimum = 10,
            Maximum = 100_000,
            Unit = "Ω",
            Description = "Of a max31865: the resistor beside it, usually 430 for a Pt100, 4300 for a Pt1000.",
            Example = "4300",
        },
    ];
}
