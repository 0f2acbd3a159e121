using Gateway.Abstractions.Definitions;
using Gateway.Drivers.I2c.Sensors;

namespace Gateway.Drivers.I2c;

/// <summary>The chips on I2C that the gateway knows.</summary>
internal static class I2cSensors
{
    /// <summary>All of them, by what <c>sensor</c> says.</summary>
    public static IReadOnlyDictionary<string, I2cChipType> All { get; } = new I2cChipType[]
    {
        new()
        {
            Name = "bme280",
            Description = "Bosch BME280, temperature, pressure, humidity",
            Profile = "bosch/bme280",
            Addresses = [0x76, 0x77],
            Fields = Bosch.Fields,
            Recognise = port => Bosch.Recognise(port, hasHumidity: true),
            Create = _ => new Bosch(hasHumidity: true),
        },
        new()
        {
            Name = "bmp280",
            Description = "Bosch BMP280, temperature, pressure",
            Profile = "bosch/bmp280",
            Addresses = [0x76, 0x77],
            Fields = Bosch.Fields[..2],
            Recognise = port => Bosch.Recognise(port, hasHumidity: false),
            Create = _ => new Bosch(hasHumidity: false),
        },
        new()
        {
            Name = "sht3x",
            Description = "Sensirion SHT30, SHT31, SHT35, temperature, humidity",
            Profile = "sensirion/sht3x",
            Addresses = [0x44, 0x45],
            Fields = Sht.Fields,
            Create = _ => Sht.Sht3x(),
        },
        new()
        {
            Name = "sht4x",
            Description = "Sensirion SHT40, SHT41, SHT45, temperature, humidity",
            Profile = "sensirion/sht4x",
            Addresses = [0x44, 0x45, 0x46],
            Fields = Sht.Fields,
            Create = _ => Sht.Sht4x(),
        },
        new()
        {
            Name = "lm75",
            Description = "LM75, temperature",
            Profile = "nxp/lm75",
            Addresses = [0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F],
            Fields = Thermometer.Fields,
            Create = _ => Thermometer.Lm75(),
        },
        new()
        {
            Name = "tmp102",
            Description = "Texas Instruments TMP102, temperature",
            Profile = "ti/tmp102",
            Addresses = [0x48, 0x49, 0x4A, 0x4B],
            Fields = Thermometer.Fields,
            Create = _ => Thermometer.Tmp102(),
        },
    }.ToDictionary(type => type.Name);

    /// <summary>The kind of chip of a device; null: one that only the map describes.</summary>
    public static I2cChipType? TypeOf(DeviceDefinition device) =>
        device.Settings.TryGet<string>("sensor", out var name) ? All[name] : null;

    /// <summary>The address of a device's chip.</summary>
    public static int AddressOf(DeviceDefinition device) =>
        device.Settings.TryGet<long>("address", out var address) ? (int)address : TypeOf(device)!.Addresses[0];
}
