using System.Buffers;

namespace Gateway.Mqtt.Tests.Codec;

/// <summary>Bytes as a sequence that is cut at given offsets.</summary>
internal sealed class Segments : ReadOnlySequenceSegment<byte>
{
    public static ReadOnlySequence<byte> Cut(ReadOnlyMemory<byte> bytes, params int[] offsets)
    {
        Segments? first = null;
        Segments? last = null;
        var start = 0;
        foreach (var end in offsets.Append(bytes.Length))
        {
            var segment = new Segments { Memory = bytes[start..end], RunningIndex = start };
            first ??= segment;
            last?.Next = segment;
            last = segment;
            start = end;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    public static ReadOnlySequence<byte> ByteByByte(ReadOnlyMemory<byte> bytes) =>
        bytes.Length < 2 ? new(bytes) : Cut(bytes, [.. Enumerable.Range(1, bytes.Length - 1)]);
}
