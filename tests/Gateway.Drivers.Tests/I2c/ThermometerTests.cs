using Gateway.Drivers.I2c.Sensors;

namespace Gateway.Drivers.Tests.I2c;

public class ThermometerTests
{
    // LM75B datasheet (NXP), table 10: 11 bits.
    [Theory]
    [InlineData(0b011_1111_1000, 127)]
    [InlineData(0b011_1111_0111, 126.875)]
    [InlineData(0b011_1110_1000, 125)]
    [InlineData(0b000_1100_1000, 25)]
    [InlineData(0b000_0000_0001, 0.125)]
    [InlineData(0b000_0000_0000, 0)]
    [InlineData(0b111_1111_1111, -0.125)]
    [InlineData(0b111_0011_1000, -25)]
    [InlineData(0b110_0100_1001, -54.875)]
    [InlineData(0b110_0100_1000, -55)]
    public void Lm75(int bits, double degrees) => Assert.Equal((decimal)degrees, Thermometer.Lm75().Decode((ushort)(bits << 5)));

    // TMP102 datasheet (SBOS397), table 8-2: 12 bits.
    [Theory]
    [InlineData(0x7FF, 127.9375)]
    [InlineData(0x640, 100)]
    [InlineData(0x500, 80)]
    [InlineData(0x4B0, 75)]
    [InlineData(0x320, 50)]
    [InlineData(0x190, 25)]
    [InlineData(0x004, 0.25)]
    [InlineData(0x000, 0)]
    [InlineData(0xFFC, -0.25)]
    [InlineData(0xE70, -25)]
    [InlineData(0xC90, -55)]
    public void Tmp102(int bits, double degrees) => Assert.Equal((decimal)degrees, Thermometer.Tmp102().Decode((ushort)(bits << 4)));
}
