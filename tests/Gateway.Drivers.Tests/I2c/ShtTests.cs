using Gateway.Abstractions.Buses;
using Gateway.Drivers.Chips;
using Gateway.Drivers.I2c.Sensors;

namespace Gateway.Drivers.Tests.I2c;

public class ShtTests
{
    // SHT3x-DIS datasheet, table 20; SHT4x datasheet, table 7.
    [Fact]
    public void The_checksum_of_the_datasheet() => Assert.Equal(0x92, Sensirion.Crc([0xBE, 0xEF]));

    // The ends of the scales, and the example of SHT4x datasheet §4.6's formula at a word in between.
    [Theory]
    [InlineData("0000", "0000", -45, 0)]
    [InlineData("FFFF", "FFFF", 130, 100)]
    [InlineData("6666", "8000", 25, 50)]
    public void Sht3x(string temperature, string humidity, double degrees, double percent) =>
        Check(Sht.Sht3x(), temperature, humidity, degrees, percent);

    [Theory]
    [InlineData("0000", "0000", -45, 0)] // the formula says -6 %
    [InlineData("FFFF", "FFFF", 130, 100)] // and 119 %
    [InlineData("6666", "8000", 25, 56.5)]
    public void Sht4x(string temperature, string humidity, double degrees, double percent) =>
        Check(Sht.Sht4x(), temperature, humidity, degrees, percent);

    [Fact]
    public void A_damaged_word_costs_its_own_value_only()
    {
        var values = new ChipValues(2);
        Sht.Sht3x().Decode([0xBE, 0xEF, 0x92, 0xBE, 0xEF, 0x93], values);

        Assert.Equal(85.52m, values.Get(0, out _).AsDecimal);
        values.Get(1, out var reason);
        Assert.Equal(BusReasons.Checksum, reason);
        Assert.Equal(BusReasons.Checksum, Assert.Throws<BusException>(() => Sht.Sht3x().Decode(new byte[6], values)).Reason);
    }

    private static void Check(Sht sht, string temperature, string humidity, double degrees, double percent)
    {
        var values = new ChipValues(2);
        sht.Decode([.. WithCrc(temperature), .. WithCrc(humidity)], values);

        Assert.Equal((decimal)degrees, values.Get(0, out _).AsDecimal);
        Assert.Equal((decimal)percent, values.Get(1, out _).AsDecimal);
    }

    internal static byte[] WithCrc(string words) =>
        [.. Convert.FromHexString(words).Chunk(2).SelectMany(word => (byte[])[.. word, ReferenceCrc(word)])];

    // Another way to the checksum of the datasheet: the polynomial division over the whole word at once.
    private static byte ReferenceCrc(byte[] word)
    {
        var register = (((word[0] << 8) | word[1]) ^ 0xFF00) << 8;
        for (var bit = 23; bit >= 8; bit--)
        {
            register ^= (register >> bit & 1) * (0x131 << (bit - 8));
        }

        return (byte)register;
    }
}
