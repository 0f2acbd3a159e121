using Gateway.Drivers.Serial.Framing;

namespace Gateway.Drivers.Tests.Serial;

/// <summary>Checks of "123456789" as Greg Cook's catalogue of parametrised CRC algorithms gives them.</summary>
public class ChecksumTests
{
    [Theory]
    [InlineData("CRC-8/SMBUS", 8, 0x07, 0x00, false, false, 0x00, 0xF4)]
    [InlineData("CRC-8/MAXIM-DOW", 8, 0x31, 0x00, true, true, 0x00, 0xA1)]
    [InlineData("CRC-8/NRSC-5", 8, 0x31, 0xFF, false, false, 0x00, 0xF7)]
    [InlineData("CRC-8/ROHC", 8, 0x07, 0xFF, true, true, 0x00, 0xD0)]
    [InlineData("CRC-8/I-432-1", 8, 0x07, 0x00, false, false, 0x55, 0xA1)]
    [InlineData("CRC-16/ARC", 16, 0x8005, 0x0000, true, true, 0x0000, 0xBB3D)]
    [InlineData("CRC-16/MODBUS", 16, 0x8005, 0xFFFF, true, true, 0x0000, 0x4B37)]
    [InlineData("CRC-16/XMODEM", 16, 0x1021, 0x0000, false, false, 0x0000, 0x31C3)]
    [InlineData("CRC-16/IBM-3740", 16, 0x1021, 0xFFFF, false, false, 0x0000, 0x29B1)]
    [InlineData("CRC-16/KERMIT", 16, 0x1021, 0x0000, true, true, 0x0000, 0x2189)]
    [InlineData("CRC-16/IBM-SDLC", 16, 0x1021, 0xFFFF, true, true, 0xFFFF, 0x906E)]
    [InlineData("CRC-24/OPENPGP", 24, 0x864CFB, 0xB704CE, false, false, 0x000000, 0x21CF02)]
    [InlineData("CRC-32/ISO-HDLC", 32, 0x04C11DB7, 0xFFFFFFFF, true, true, 0xFFFFFFFF, 0xCBF43926)]
    [InlineData("CRC-32/BZIP2", 32, 0x04C11DB7, 0xFFFFFFFF, false, false, 0xFFFFFFFF, 0xFC891918)]
    [InlineData("CRC-32/ISCSI", 32, 0x1EDC6F41, 0xFFFFFFFF, true, true, 0xFFFFFFFF, 0xE3069283)]
    public void A_CRC_has_the_check_of_the_catalogue(string name, int width, uint poly, uint init, bool refin, bool refout, uint xorout, uint check)
    {
        Assert.NotEmpty(name);
        Assert.Equal(check, new Crc(new CrcParameters(width, poly, init, refin, refout, xorout)).Compute("123456789"u8));
    }

    [Theory]
    [InlineData("sum", 8, 0xDD)]
    [InlineData("sum", 16, 0x01DD)]
    [InlineData("xor", 8, 0x31)]
    public void Sums_are_what_adding_by_hand_gives(string kind, int width, uint check) =>
        Assert.Equal(check, new Checksum(Enum.Parse<ChecksumKind>(kind, true), new CrcParameters(width, 0, 0, false, false, 0)) { At = -1 }.Compute("123456789"u8));

    [Theory]
    [InlineData("0x31323334", false, false, 4, "")]
    [InlineData("0x31323334CA", true, false, -1, "")]
    [InlineData("0x31323334CB", false, false, -1, "")]
    [InlineData("1234CA", true, true, -2, "")]
    [InlineData("1234ca", true, true, -2, "")]
    [InlineData("1234CG", false, true, -2, "")]
    [InlineData("0xCA31323334", true, false, 0, "from 1 to 5")]
    [InlineData("0x31", false, false, -4, "")]
    public void A_checksum_is_read_where_it_stands(string frame, bool isIntact, bool isText, int at, string range)
    {
        Assert.True(ByteText.TryParse([frame], out var bytes, out _));
        var isElsewhere = range.Length > 0;
        var checksum = new Checksum(ChecksumKind.Sum, new CrcParameters(8, 0, 0, false, false, 0)) { At = at, IsText = isText, From = isElsewhere ? 1 : 0, To = isElsewhere ? 5 : null };

        Assert.Equal(isIntact, checksum.IsIntact(bytes));
    }
}
