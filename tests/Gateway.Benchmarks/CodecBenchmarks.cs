using BenchmarkDotNet.Attributes;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Benchmarks;

/// <summary>What the broker does with the bytes of each PUBLISH and PUBACK.</summary>
public class CodecBenchmarks
{
    private const int Packets = 1000;

    private readonly byte[] _written = new byte[256];
    private readonly byte[] _payload = new byte[64];
    private byte[] _publishes = [];
    private byte[] _acknowledgements = [];

    [Params(ProtocolVersion.V311, ProtocolVersion.V50)]
    public ProtocolVersion Version { get; set; }

    [GlobalSetup]
    public void Encode()
    {
        _publishes = [.. Enumerable.Range(0, Packets).SelectMany(_ => WritePublish().ToArray())];
        _acknowledgements = [.. Enumerable.Range(0, Packets).SelectMany(_ => new byte[] { 0x40, 2, 0, 1 })];
    }

    [Benchmark(OperationsPerInvoke = Packets)]
    public int ReadPublish()
    {
        var reader = new PacketReader(_publishes, Version);
        var length = 0;
        while (reader.Read(out var frame) == DecodeStatus.Complete && PublishView.TryRead(frame, Version, out var view, out _))
        {
            length += view.Payload.Length;
        }

        return length;
    }

    [Benchmark(OperationsPerInvoke = Packets)]
    public int WritePublishes()
    {
        var length = 0;
        for (var i = 0; i < Packets; i++)
        {
            length += WritePublish().Length;
        }

        return length;
    }

    [Benchmark(OperationsPerInvoke = Packets)]
    public int ReadAcknowledgement()
    {
        var reader = new PacketReader(_acknowledgements, Version);
        var sum = 0;
        while (reader.Read(out var frame) == DecodeStatus.Complete && AcknowledgementView.TryRead(frame, Version, out var view, out _))
        {
            sum += view.PacketIdentifier;
        }

        return sum;
    }

    private Span<byte> WritePublish()
    {
        var layout = PublishWriter.Write(
            _written, Version, QualityOfService.AtLeastOnce, retain: false, "plant/line/meter/power"u8, properties: default, _payload, packetIdentifier: 1);
        return _written.AsSpan(0, layout.Length);
    }
}
