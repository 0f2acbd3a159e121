using System.Text;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Tests.Framing;

/// <summary>RTU and ASCII frames, with the checksums that pymodbus computes.</summary>
public sealed class SerialFramingTests
{
    private readonly byte[] _pdu = new byte[ModbusLimits.MaxPduLength];

    /// <summary>Framing, unit id and PDU, frame.</summary>
    public static TheoryData<ModbusFraming, byte[], byte[]> Frames
    {
        get
        {
            var data = new TheoryData<ModbusFraming, byte[], byte[]>();
            foreach (var row in Vectors.Read("rtu.txt").Select(row => Vectors.Bytes(row[0])))
                data.Add(ModbusFraming.Rtu, row[..^2], row);
            foreach (var row in Vectors.Read("ascii.txt"))
                data.Add(ModbusFraming.Ascii, Vectors.Bytes(row[0]), Encoding.ASCII.GetBytes(row[1] + "\r\n"));
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void Frames_are_written_as_others_write_them(ModbusFraming framing, byte[] content, byte[] expected)
    {
        var serial = SerialFraming.Of(framing);
        var frame = new byte[serial.MaxFrameLength];

        var length = serial.Write(frame, content[0], content.AsSpan(1));

        Assert.Equal(expected, frame[..length]);
        Assert.Equal(expected.Length, serial.FrameLength(content.Length - 1));
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void Frames_are_read_when_their_last_byte_is_there(ModbusFraming framing, byte[] content, byte[] frame)
    {
        var serial = SerialFraming.Of(framing);
        for (var length = 1; length < frame.Length; length++)
            Assert.Equal(FrameStatus.Incomplete, serial.Read(frame.AsSpan(0, length), _ => content.Length - 1, _pdu, out _));

        byte[] withMore = [.. frame, .. frame];
        Assert.Equal(FrameStatus.Whole, serial.Read(withMore, _ => content.Length - 1, _pdu, out var found));
        Assert.Equal(new SerialFrame(content[0], content.Length - 1, frame.Length), found);
        Assert.Equal(content[1..], _pdu[..found.PduLength]);
    }

    // In ASCII the case of a digit is one bit: such a flip changes nothing.
    [Theory]
    [MemberData(nameof(Frames))]
    public void No_flipped_bit_changes_what_is_read(ModbusFraming framing, byte[] content, byte[] frame)
    {
        var serial = SerialFraming.Of(framing);
        for (var bit = 0; bit < 8 * frame.Length; bit++)
        {
            frame[bit / 8] ^= (byte)(1 << bit % 8);
            if (serial.Read(frame, _ => content.Length - 1, _pdu, out var found) == FrameStatus.Whole)
            {
                Assert.Equal(ModbusFraming.Ascii, framing);
                Assert.Equal(content, (byte[])[found.UnitId, .. _pdu[..found.PduLength]]);
            }

            frame[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    [Theory]
    [InlineData("noise:010300", 5)]
    [InlineData(":0103:01", 5)]
    [InlineData(":0103\r\n", 7)]
    [InlineData(":010\r\n", 6)]
    [InlineData(":01030G\r\n", 9)]
    [InlineData(":0103FC\n", 8)]
    [InlineData("noise", 5)]
    public void What_is_no_ASCII_frame_is_passed_over(string text, int passedOver)
    {
        var status = SerialFraming.Of(ModbusFraming.Ascii).Read(Encoding.ASCII.GetBytes(text), PduLength.OfRequest, _pdu, out var found);

        Assert.Equal(FrameStatus.Garbage, status);
        Assert.Equal(passedOver, found.Length);
    }

    [Fact]
    public void An_ASCII_frame_without_end_is_given_up()
    {
        var serial = SerialFraming.Of(ModbusFraming.Ascii);
        var digits = Encoding.ASCII.GetBytes(":" + new string('0', serial.MaxFrameLength));

        Assert.Equal(FrameStatus.Incomplete, serial.Read(digits.AsSpan(0, serial.MaxFrameLength - 1), PduLength.OfRequest, _pdu, out _));
        Assert.Equal(FrameStatus.Garbage, serial.Read(digits, PduLength.OfRequest, _pdu, out _));
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
