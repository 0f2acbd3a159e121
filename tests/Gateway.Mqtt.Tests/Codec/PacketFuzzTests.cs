using System.Buffers;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Codec;

/// <summary>Damaged packets: never an exception, never a packet that cannot be written and read back as the same.</summary>
public sealed class PacketFuzzTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Mutated_packets_are_decoded_or_refused(int seed)
    {
        var random = new Random(seed);
        ProtocolVersion[] versions = [ProtocolVersion.V31, ProtocolVersion.V311, ProtocolVersion.V50];
        for (var run = 0; run < 25_000 * Fuzz.Factor; run++)
        {
            var bytes = Mutate(PacketVectors.All[random.Next(PacketVectors.All.Count)].Bytes, random);
            var version = versions[random.Next(3)];
            using var reader = new PacketReader(bytes, version, maximumPacketSize: 4096);
            while (reader.Read(out var frame) == DecodeStatus.Complete)
            {
                if (!PacketCodec.TryDecode(frame, version, out var packet, out var error))
                {
                    Assert.True(error.ReasonCode.IsFailure());
                    Assert.NotEmpty(error.Message);
                    break;
                }

                AssertReadsBack(packet, version);
            }
        }
    }

    private static void AssertReadsBack(MqttPacket packet, ProtocolVersion version)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.True(PacketCodec.TryWrite(packet, version, output));
        using var reader = new PacketReader(output.WrittenSpan, version);
        Assert.Equal(DecodeStatus.Complete, reader.Read(out var frame));
        Assert.True(PacketCodec.TryDecode(frame, version, out var again, out var error), error.Message);
        Assert.Equal(PacketText.Of(packet), PacketText.Of(again));
    }

    // Half of them keep a right length, so that the damage reaches the body.
    private static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = Fuzz.Mutate(original, random);
        if (random.Next(2) == 0 && bytes.Length is > 2 and < 130)
        {
            bytes[1] = (byte)(bytes.Length - 2);
        }

        return bytes;
    }
}
