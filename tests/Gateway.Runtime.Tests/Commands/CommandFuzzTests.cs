using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Runtime.Commands;
using Gateway.TestSupport;

namespace Gateway.Runtime.Tests.Commands;

/// <summary>Damaged payloads of commands: each is a value, or is refused in a sentence.</summary>
public sealed class CommandFuzzTests
{
    private static readonly byte[][] Payloads =
        [.. ((string[])["21.5", "-1e300", "true", "eco", "\"on\"", "{\"value\":21.5}", "{\"value\":{\"value\":[1,2]}}", "{\"value\":null}", "{\"a\":{\"b\":{\"c\":{\"d\":1}}}}", "°C \U0001F321", "0x1F", "1e308", "\"\\ud83c\\udf21\"", ""])
            .Select(Encoding.UTF8.GetBytes)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Is_a_value_or_a_sentence(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 5_000 * Fuzz.Factor; round++)
        {
            var payload = Fuzz.Mutate(Payloads[random.Next(Payloads.Length)], random);
            var cut = random.Next(payload.Length + 1);

            var isValue = CommandPayload.TryParse(Split(payload, cut), out var value, out var error);

            var answer = isValue ? CommandPayload.Succeeded(value) : CommandPayload.Failed(error!);
            using var document = JsonDocument.Parse(answer);
            Assert.Equal(isValue, document.RootElement.GetProperty("ok").GetBoolean());
            Assert.Equal(isValue, error is null);
        }
    }

    private static ReadOnlySequence<byte> Split(byte[] bytes, int at)
    {
        var first = new Segment(bytes.AsMemory(0, at), 0);
        var last = first.Append(bytes.AsMemory(at));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
