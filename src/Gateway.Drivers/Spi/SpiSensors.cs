using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;
using Gateway.Drivers.Spi.Sensors;

namespace Gateway.Drivers.Spi;

/// <summary>The chips on SPI that the gateway knows.</summary>
internal static class SpiSensors
{
    private static readonly string[] Reference = ["reference"];

    /// <summary>All of them, by what <c>sensor</c> says.</summary>
    public static IReadOnlyDictionary<string, SpiChipType> All { get; } = new[]
    {
        Converter("mcp3004", 4, 10),
        Converter("mcp3008", 8, 10),
        Converter("mcp3204", 4, 12),
        Converter("mcp3208", 8, 12),
        new()
        {
            Name = "max31855",
            Profile = "maxim/max31855",
            Fields = Max31855.Fields,
            Create = (_, _) => new Max31855(),
        },
        new()
        {
            Name = "max31856",
            Profile = "maxim/max31856",
            Mode = 1,
            Fields = Max31856.Fields,
            Keys = ["thermocouple", "mains"],
            Create = (device, _) => new Max31856(device),
        },
        new()
        {
            Name = "max31865",
            Profile = "maxim/max31865",
            Mode = 1,
            Fields = Max31865.Fields,
            Keys = ["reference-resistor", "nominal", "wires", "mains"],
            Create = (device, context) => new Max31865(device, context.TimeProvider),
        },
    }.ToDictionary(type => type.Name);

    /// <summary>The kind of chip of a device; null: one that only the map describes.</summary>
    public static SpiChipType? TypeOf(DeviceDefinition device) =>
        device.Settings.TryGet<string>(ChipKeys.Sensor, out var name) ? All[name] : null;

    private static SpiChipType Converter(string name, int inputs, int bits) => new()
    {
        Name = name,
        Fields = Mcp3xxx.FieldsOf(inputs),
        Keys = Reference,
        Create = (device, _) => new Mcp3xxx(device, inputs, bits),
    };
}
