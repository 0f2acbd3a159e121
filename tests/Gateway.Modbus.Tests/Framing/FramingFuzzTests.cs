using System.Text;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Framing;

/// <summary>RTU and ASCII frames that somebody makes up, where a frame begins and within: what is found is there, byte for byte.</summary>
public sealed class FramingFuzzTests
{
    [Theory]
    [InlineData(ModbusFraming.Rtu, 1)]
    [InlineData(ModbusFraming.Rtu, 2)]
    [InlineData(ModbusFraming.Ascii, 3)]
    [InlineData(ModbusFraming.Ascii, 4)]
    public void What_is_found_is_what_would_be_written(ModbusFraming framing, int seed)
    {
        var serial = SerialFraming.Of(framing);
        var random = new Random(seed);
        var made = new MadeUpFrames(framing, random);
        var pdu = new byte[ModbusLimits.MaxPduLength];
        var again = new byte[serial.MaxFrameLength];
        var whole = 0;
        for (var round = 0; round < 2_000 * Fuzz.Factor; round++)
        {
            ReadOnlySpan<byte> bytes = random.Next(2) == 0 ? Fuzz.Mutate(made.Any(), random) : made.Any();
            bytes = bytes[..Math.Min(bytes.Length, 2 * serial.MaxFrameLength)];
            for (var at = 0; at < bytes.Length; at++)
            {
                var rest = bytes[at..];
                PduLengthRule lengthOf = round % 2 == 0 ? PduLength.OfRequest : PduLength.OfResponse;
                var status = serial.Read(rest, lengthOf, pdu, out var frame);
                if (status == FrameStatus.Incomplete)
                {
                    // Else nobody would ever take it out of a buffer that is full.
                    Assert.True(rest.Length < serial.MaxFrameLength);
                    continue;
                }

                Assert.InRange(frame.Length, 1, rest.Length);
                if (status == FrameStatus.Whole)
                {
                    whole++;
                    Assert.Equal(frame.Length, serial.Write(again, frame.UnitId, pdu.AsSpan(0, frame.PduLength)));
                    var found = Encoding.Latin1.GetString(rest[..frame.Length]);
                    Assert.Equal(Encoding.Latin1.GetString(again, 0, frame.Length), framing == ModbusFraming.Ascii ? found.ToUpperInvariant() : found);
                }
            }
        }

        Assert.True(whole > 100 * Fuzz.Factor, $"{whole} frames are too few to show anything.");
    }
}
