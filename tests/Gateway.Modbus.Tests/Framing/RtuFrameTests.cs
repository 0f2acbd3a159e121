using Gateway.Modbus.Framing;

namespace Gateway.Modbus.Tests.Framing;

public sealed class RtuFrameTests
{
    public static TheoryData<string> Frames => new(Vectors.Read("rtu.txt").Select(row => row[0]));

    [Theory]
    [MemberData(nameof(Frames))]
    public void Frames_are_closed_with_the_checksum_that_others_compute(string hex)
    {
        var expected = Vectors.Bytes(hex);
        var frame = expected.ToArray();
        frame.AsSpan(frame.Length - RtuFrame.CrcLength).Clear();

        Assert.Equal(expected.Length, RtuFrame.Close(frame, expected[0], expected.Length - RtuFrame.Overhead));
        Assert.Equal(expected, frame);
        Assert.True(RtuFrame.HasValidCrc(frame));
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void Every_flipped_bit_is_found(string hex)
    {
        var frame = Vectors.Bytes(hex);
        for (var bit = 0; bit < 8 * frame.Length; bit++)
        {
            frame[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(RtuFrame.HasValidCrc(frame));
            frame[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    // Modbus over Serial Line 1.02 §2.5.1.1: 3.5 characters of 11 bits; 1.750 ms above 19200 baud.
    [Theory]
    [InlineData(9600, 4.0104)]
    [InlineData(19200, 2.0052)]
    [InlineData(38400, 1.750)]
    [InlineData(115200, 1.750)]
    public void The_silence_between_frames_follows_from_the_baud_rate(int baudRate, double milliseconds) =>
        Assert.InRange(new RtuTiming(baudRate, 8, true, 1).InterFrameDelay.TotalMilliseconds, milliseconds, milliseconds + 0.001);

    // 7 data bits without parity: 9 bits a character.
    [Fact]
    public void A_character_takes_its_bits() =>
        Assert.Equal(TimeSpan.FromMilliseconds(90), new RtuTiming(9600, 7, false, 1).TransmissionTime(96));

    [Theory]
    [InlineData("00 01 00 00 00 06 11", true)]
    [InlineData("00 01 00 01 00 06 11", false)]
    [InlineData("00 01 00 00 00 01 11", false)]
    [InlineData("00 01 00 00 00 FE 11", true)]
    [InlineData("00 01 00 00 00 FF 11", false)]
    public void A_header_that_is_no_Modbus_TCP_is_refused(string hex, bool isValid) =>
        Assert.Equal(isValid, MbapHeader.TryRead(Vectors.Bytes(hex), out _));
}
