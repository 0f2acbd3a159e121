using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Codec;

/// <summary>Every line of <c>Vectors/malformed.txt</c> is refused with its Reason Code, whole and in pieces. The lines name the statements that they show.</summary>
public sealed class MalformedPacketTests
{
    private static readonly string[][] Lines = [.. VectorFile.Read("malformed.txt")];

    public static TheoryData<int> Indexes => new(Enumerable.Range(0, Lines.Length));

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Is_refused_with_its_reason(int index)
    {
        var version = Enum.Parse<ProtocolVersion>(Lines[index][0]);
        var bytes = VectorFile.Hex(Lines[index][1]);
        Assert.Equal(Lines[index][2], Refusal(new PacketReader(bytes, version)));
        Assert.Equal(Lines[index][2], Refusal(new PacketReader(Segments.ByteByByte(bytes), version)));
    }

    [Fact]
    [Trait("Spec", "MQTT-3.1.2-24")]
    public void A_length_above_the_limit_is_refused_before_the_body_arrives()
    {
        // PUBLISH, Remaining Length 268,435,455: the header alone.
        var reader = new PacketReader([0x30, 0xFF, 0xFF, 0xFF, 0x7F], ProtocolVersion.V50, maximumPacketSize: 1_000_000);
        Assert.Equal(DecodeStatus.Malformed, reader.Read(out _));
        Assert.Equal(ReasonCode.PacketTooLarge, reader.Error.ReasonCode);
    }

    [Fact]
    public void A_packet_of_exactly_the_limit_is_accepted()
    {
        var reader = new PacketReader([0xC0, 0x00], ProtocolVersion.V50, maximumPacketSize: 2);
        Assert.Equal(DecodeStatus.Complete, reader.Read(out _));
        reader = new PacketReader([0xC0, 0x00], ProtocolVersion.V50, maximumPacketSize: 1);
        Assert.Equal(DecodeStatus.Malformed, reader.Read(out _));
    }

    private static string Refusal(PacketReader reader)
    {
        using (reader)
        {
            if (reader.Read(out var frame) == DecodeStatus.Malformed)
            {
                return Text(reader.Error);
            }

            Assert.False(PacketCodec.TryDecode(frame, reader.Version, out _, out var error));
            return Text(error);
        }
    }

    private static string Text(DecodeError error) => $"{(byte)error.ReasonCode:x2} {error.Message}";
}
