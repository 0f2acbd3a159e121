using Gateway.Abstractions.Schema;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.OneWire;

/// <summary>What the maps of the 1-Wire driver may say.</summary>
internal static class OneWireSchema
{
    /// <summary>The whole schema.</summary>
    public static readonly DriverSchema Schema = new()
    {
        Name = "onewire",
        Description = "Thermometers on a 1-Wire bus: DS18B20 and its relatives.",
        Selector = new()
        {
            Name = "onewire",
            Type = KeyType.Integer,
            Required = true,
            Minimum = 1,
            Maximum = 1000,
            Description = "The kernel's number of the bus: that of w1_bus_master1 is 1 (gateway scan onewire tells).",
            Example = "1",
        },
        Bus = new Dictionary<string, SectionSchema> { [""] = new() { Name = "a 1-Wire bus", Keys = [] } },
        Device = new()
        {
            Name = "a 1-Wire device",
            Keys =
            [
                ChipKeys.SensorKey(OneWireFamily.All.Keys) with { Description = "The sensor; its points come from the device library.", Example = "ds18b20" },
                new()
                {
                    Name = "id",
                    Type = KeyType.Text,
                    Required = true,
                    Description = "The sensor's id as the kernel writes it: family, hyphen, serial number.",
                    Example = "28-00000a1b2c3d",
                },
                new()
                {
                    Name = "resolution",
                    Type = KeyType.Integer,
                    Minimum = 9,
                    Maximum = 12,
                    Unit = "bits",
                    Description = "Bits of the value: 9 for 0.5 °C in 94 ms, 12 for 0.0625 °C in 750 ms. Default: what the sensor has, 12 as it is delivered. It is kept in the sensor's memory, never in its EEPROM.",
                    Example = "11",
                },
            ],
            Instead = new Dictionary<string, string> { ["address"] = "a sensor on 1-Wire has an 'id', for example id: 28-00000a1b2c3d" },
        },
        Point = new()
        {
            Name = "a 1-Wire point",
            Keys =
            [
                ChipKeys.FieldKey with { Type = KeyType.Choice, Choices = [OneWireFamily.Temperature], Required = true, Description = "What of the sensor the point is." },
                Simulated.WaveformSchema.Key,
            ],
        },
        NamedProfiles = new NamedProfiles(ChipKeys.Sensor, OneWireFamily.All.Values.ToDictionary(family => family.Sensor, family => family.Profile)),
    };
}
