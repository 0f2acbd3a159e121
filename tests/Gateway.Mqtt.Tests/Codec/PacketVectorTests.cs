using System.Buffers;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Codec;

/// <summary>Every vector: right-sized, oversized, split at every offset, byte by byte, cut short, and written back.</summary>
public sealed class PacketVectorTests
{
    public static TheoryData<int> Vectors => PacketVectors.Indexes;

    [Theory]
    [MemberData(nameof(Vectors))]
    [Trait("Spec", "MQTT-1.5.4-3")]
    [Trait("Spec311", "MQTT-1.5.3-3")]
    [Trait("Spec", "MQTT-3.1.3-1")]
    [Trait("Spec", "MQTT-3.3.2-1")]
    public void Is_decoded_from_exactly_its_bytes(int index)
    {
        var vector = PacketVectors.All[index];
        Assert.Equal(vector.Text, Decode(new ReadOnlySequence<byte>(vector.Bytes), vector, out var consumed));
        Assert.Equal(vector.Bytes.Length, consumed);
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Is_decoded_with_bytes_of_the_next_packet_behind_it(int index)
    {
        var vector = PacketVectors.All[index];
        byte[] bytes = [.. vector.Bytes, 0xD0, 0x00, 0xFF];
        Assert.Equal(vector.Text, Decode(new ReadOnlySequence<byte>(bytes), vector, out var consumed));
        Assert.Equal(vector.Bytes.Length, consumed);
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    [Trait("Spec", "MQTT-6.0.0-2")]
    public void Is_decoded_wherever_it_is_split(int index)
    {
        var vector = PacketVectors.All[index];
        for (var at = 1; at < vector.Bytes.Length; at++)
        {
            Assert.Equal(vector.Text, Decode(Segments.Cut(vector.Bytes, at), vector, out var consumed));
            Assert.Equal(vector.Bytes.Length, consumed);
        }

        Assert.Equal(vector.Text, Decode(Segments.ByteByByte(vector.Bytes), vector, out _));
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Is_incomplete_while_bytes_are_missing(int index)
    {
        var vector = PacketVectors.All[index];
        for (var length = 0; length < vector.Bytes.Length; length++)
        {
            using var reader = new PacketReader(Segments.ByteByByte(vector.Bytes.AsMemory(0, length)), vector.Version);
            Assert.Equal(DecodeStatus.Incomplete, reader.Read(out _));
            Assert.Equal(0, reader.BytesConsumed);
        }
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Is_encoded_to_the_same_bytes(int index)
    {
        var vector = PacketVectors.All[index];
        var packet = DecodePacket(new ReadOnlySequence<byte>(vector.Bytes), vector, out _);
        var output = new ArrayBufferWriter<byte>();
        Assert.True(PacketCodec.TryWrite(packet, vector.Version, output));
        Assert.Equal(output.WrittenCount, PacketCodec.Measure(packet, vector.Version));
        if (vector.IsCanonical)
        {
            Assert.Equal(Convert.ToHexString(vector.Bytes), Convert.ToHexString(output.WrittenSpan));
        }
        else
        {
            Assert.Equal(vector.Text, Decode(new ReadOnlySequence<byte>(output.WrittenMemory), vector, out _));
        }
    }

    [Fact]
    public void Packets_one_after_another_are_all_found_in_any_segmentation()
    {
        var vectors = PacketVectors.All.Where(v => v.Version == ProtocolVersion.V50).ToArray();
        var bytes = vectors.SelectMany(v => v.Bytes).ToArray();
        var random = new Random(7);
        for (var run = 0; run < 200; run++)
        {
            int[] cuts = [.. Enumerable.Range(0, random.Next(40)).Select(_ => random.Next(bytes.Length)).Distinct().Order()];
            using var reader = new PacketReader(Segments.Cut(bytes, cuts), ProtocolVersion.V50);
            foreach (var vector in vectors)
            {
                Assert.Equal(DecodeStatus.Complete, reader.Read(out var frame));
                Assert.True(PacketCodec.TryDecode(frame, ProtocolVersion.V50, out var packet, out _));
                Assert.Equal(vector.Text, PacketText.Of(packet));
            }

            Assert.Equal(bytes.Length, reader.BytesConsumed);
        }
    }

    private static string Decode(ReadOnlySequence<byte> bytes, PacketVector vector, out long consumed) =>
        PacketText.Of(DecodePacket(bytes, vector, out consumed));

    private static MqttPacket DecodePacket(ReadOnlySequence<byte> bytes, PacketVector vector, out long consumed)
    {
        using var reader = new PacketReader(bytes, vector.Version);
        Assert.Equal(DecodeStatus.Complete, reader.Read(out var frame));
        Assert.True(PacketCodec.TryDecode(frame, vector.Version, out var packet, out var error), error.Message);
        consumed = reader.BytesConsumed;
        Assert.Equal(consumed, bytes.Slice(0, reader.Consumed).Length);
        return packet;
    }
}
