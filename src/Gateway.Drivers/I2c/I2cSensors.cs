using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Gpio;
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
            Create = (_, _) => new Bosch(hasHumidity: true),
        },
        new()
        {
            Name = "bmp280",
            Description = "Bosch BMP280, temperature, pressure",
            Profile = "bosch/bmp280",
            Addresses = [0x76, 0x77],
            Fields = Bosch.Fields[..2],
            Recognise = port => Bosch.Recognise(port, hasHumidity: false),
            Create = (_, _) => new Bosch(hasHumidity: false),
        },
        new()
        {
            Name = "sht3x",
            Description = "Sensirion SHT30, SHT31, SHT35, temperature, humidity",
            Profile = "sensirion/sht3x",
            Addresses = [0x44, 0x45],
            Fields = Sht.Fields,
            Create = (_, _) => Sht.Sht3x(),
        },
        new()
        {
            Name = "sht4x",
            Description = "Sensirion SHT40, SHT41, SHT45, temperature, humidity",
            Profile = "sensirion/sht4x",
            Addresses = [0x44, 0x45, 0x46],
            Fields = Sht.Fields,
            Create = (_, _) => Sht.Sht4x(),
        },
        new()
        {
            Name = "lm75",
            Description = "LM75, temperature",
            Profile = "nxp/lm75",
            Addresses = [0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F],
            Fields = Thermometer.Fields,
            Create = (_, _) => Thermometer.Lm75(),
        },
        new()
        {
            Name = "tmp102",
            Description = "Texas Instruments TMP102, temperature",
            Profile = "ti/tmp102",
            Addresses = [0x48, 0x49, 0x4A, 0x4B],
            Fields = Thermometer.Fields,
            Create = (_, _) => Thermometer.Tmp102(),
        },
        new()
        {
            Name = "htu21",
            Description = "HTU21D or SHT21, temperature, humidity",
            Profile = "te/htu21",
            Addresses = [0x40],
            Fields = Htu21.Fields,
            Create = (_, _) => new Htu21(),
        },
        new()
        {
            Name = "si7021",
            Description = "Silicon Labs Si7013, Si7020, Si7021, temperature, humidity",
            Profile = "silabs/si7021",
            Addresses = [0x40, 0x41],
            Fields = Htu21.Fields,
            Create = (_, _) => new Htu21(),
        },
        new()
        {
            Name = "aht20",
            Description = "ASAIR AHT20 or AHT21, temperature, humidity",
            Profile = "asair/aht20",
            Addresses = [0x38],
            Fields = Aht20.Fields,
            Create = (_, _) => new Aht20(),
        },
        new()
        {
            Name = "mcp9808",
            Description = "Microchip MCP9808, temperature",
            Profile = "microchip/mcp9808",
            Addresses = [0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F],
            Fields = Mcp9808.Fields,
            Recognise = Mcp9808.Recognise,
            Create = (_, _) => new Mcp9808(),
        },
        new()
        {
            Name = "ads1115",
            Description = "Texas Instruments ADS1115, voltages of four inputs",
            Addresses = [0x48, 0x49, 0x4A, 0x4B],
            Fields = Ads1115.Fields,
            Keys = ["range"],
            Create = (device, _) => Ads1115.Of16Bits(device),
        },
        new()
        {
            Name = "ads1015",
            Description = "Texas Instruments ADS1015, voltages of four inputs",
            Addresses = [0x48, 0x49, 0x4A, 0x4B],
            Fields = Ads1115.Fields,
            Keys = ["range"],
            Create = (device, _) => Ads1115.Of12Bits(device),
        },
        new()
        {
            Name = "ina219",
            Description = "Texas Instruments INA219, voltage, current, power",
            Profile = "ti/ina219",
            Addresses = [.. Enumerable.Range(0x40, 16)],
            Fields = Ina.Fields,
            Keys = ["shunt"],
            Create = (device, _) => Ina.Of219(device),
        },
        new()
        {
            Name = "ina226",
            Description = "Texas Instruments INA226, voltage, current, power",
            Profile = "ti/ina226",
            Addresses = [.. Enumerable.Range(0x40, 16)],
            Fields = Ina.Fields,
            Keys = ["shunt"],
            Recognise = Ina.Recognise226,
            RecognisedAt = [.. Enumerable.Range(0x40, 8)], // to a PCF8591 from 0x48 on it would be its control byte
            Create = (device, _) => Ina.Of226(device),
        },
        new()
        {
            Name = "bh1750",
            Description = "ROHM BH1750FVI, light",
            Profile = "rohm/bh1750",
            Addresses = [0x23, 0x5C],
            Fields = Bh1750.Fields,
            Create = (_, _) => new Bh1750(),
        },
        new()
        {
            Name = "scd30",
            Description = "Sensirion SCD30, CO₂, temperature, humidity",
            Profile = "sensirion/scd30",
            Addresses = [0x61],
            Fields = Scd.Fields,
            Create = (_, context) => new Scd30(context),
        },
        new()
        {
            Name = "scd4x",
            Description = "Sensirion SCD40, SCD41, CO₂, temperature, humidity",
            Profile = "sensirion/scd4x",
            Addresses = [0x62],
            Fields = Scd.Fields,
            Create = (_, context) => new Scd4x(context),
        },
        new()
        {
            Name = "ds3231",
            Description = "Maxim DS3231, a clock with its temperature",
            Profile = "maxim/ds3231",
            Addresses = [0x68],
            Fields = Ds3231.Fields,
            Create = (_, _) => new Ds3231(),
        },
        new()
        {
            Name = "pcf8574",
            Description = "NXP PCF8574 or PCF8574A, eight pins",
            Addresses = [.. Enumerable.Range(0x20, 8), .. Enumerable.Range(0x38, 8)],
            Fields = Pcf8574.Fields,
            IsWritable = true,
            Keys = ["direction", "active", .. States, OutputStates.PulseKey.Name],
            Create = (device, context) => new Pcf8574(device, context),
        },
        new()
        {
            Name = "mcp23017",
            Description = "Microchip MCP23017, sixteen pins",
            Addresses = [.. Enumerable.Range(0x20, 8)],
            Fields = Mcp23017.Fields,
            IsWritable = true,
            Keys = ["direction", "active", "bias", .. States, OutputStates.PulseKey.Name],
            Create = (device, context) => new Mcp23017(device, context),
        },
        new()
        {
            Name = "mcp4725",
            Description = "Microchip MCP4725, a voltage that is put out",
            Addresses = [0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67],
            Fields = Mcp4725.Fields,
            IsWritable = true,
            Keys = ["reference", .. States],
            Create = (device, context) => new Mcp4725(device, context),
        },
    }.ToDictionary(type => type.Name);

    private static IEnumerable<string> States => OutputStates.Keys.Select(key => key.Name);

    /// <summary>The kind of chip of a device; null: one that only the map describes.</summary>
    public static I2cChipType? TypeOf(DeviceDefinition device) =>
        device.Settings.TryGet<string>("sensor", out var name) ? All[name] : null;

    /// <summary>The address of a device's chip.</summary>
    public static int AddressOf(DeviceDefinition device) =>
        device.Settings.TryGet<long>("address", out var address) ? (int)address : TypeOf(device)!.Addresses[0];
}
