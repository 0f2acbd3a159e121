namespace Gateway.Drivers.I2c;

/// <summary>What else people have at an address: chips that the gateway has no sensor for, which a map may describe by their registers.</summary>
internal static class CommonChips
{
    private static readonly (int First, int Last, string Name)[] Chips =
    [
        (0x18, 0x19, "LIS3DH"),
        (0x1C, 0x1F, "MMA8451"),
        (0x1E, 0x1E, "HMC5883L"),
        (0x20, 0x27, "an LCD on a PCF8574"),
        (0x29, 0x29, "VL53L0X, TSL2591"),
        (0x36, 0x36, "MAX17048"),
        (0x39, 0x39, "APDS-9960, TSL2561"),
        (0x3C, 0x3D, "an SSD1306 display"),
        (0x40, 0x47, "PCA9685"),
        (0x50, 0x57, "an EEPROM (24C…)"),
        (0x53, 0x53, "ADXL345"),
        (0x57, 0x57, "MAX30102"),
        (0x58, 0x59, "SGP30, SGP40"),
        (0x5A, 0x5B, "MLX90614, CCS811"),
        (0x5C, 0x5D, "LPS22HB"),
        (0x60, 0x60, "Si5351"),
        (0x68, 0x69, "MPU-6050"),
        (0x68, 0x6F, "MCP3424"),
        (0x70, 0x77, "a multiplexer (TCA9548A)"),
        (0x76, 0x77, "BME680, MS5611"),
        (0x77, 0x77, "BMP180"),
    ];

    /// <summary>Their names.</summary>
    public static IEnumerable<string> At(int address) => Chips.Where(chip => address >= chip.First && address <= chip.Last).Select(chip => chip.Name);
}
