using System.Buffers;
using Gateway.Abstractions;
using Gateway.Runtime.Mapping;

namespace Gateway.Runtime.Tests.Mapping;

public sealed class MeasurementCodecTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 1, 2, 3, 4, TimeSpan.Zero);

    private static readonly PointValue[] Values =
    [
        PointValue.None, PointValue.From(true), PointValue.From(false), PointValue.From(-1L), PointValue.From(ulong.MaxValue),
        PointValue.From(1.5f), PointValue.From(Math.PI), PointValue.From(23.5m), PointValue.From(decimal.MinValue), PointValue.From("Ü€😀"), PointValue.From(""),
        PointValue.From([PointValue.From(1.5f), PointValue.None, PointValue.From("fan"), PointValue.From(true)]), PointValue.From([]),
    ];

    [Fact]
    public void Reads_back_what_it_wrote()
    {
        var written = Values.Select((value, i) => new Measurement(
            "boiler", $"p{i}", value, Time, (Quality)(i % 4), i % 2 == 0 ? null : "timeout", i % 3 == 0 ? null : "°C")).ToArray();
        var read = new List<Measurement>();
        MeasurementCodec.Read(Encode(written), "boiler", "", Time, read);
        Assert.Equal(written, read);
    }

    [Fact]
    public void A_body_cut_anywhere_is_refused_or_shorter()
    {
        var written = Values.Select((value, i) => new Measurement("boiler", $"p{i}", value, Time, Quality.Good, "r", "u")).ToArray();
        var body = Encode(written);
        for (var length = 1; length < body.Length; length++)
        {
            var read = new List<Measurement>();
            try
            {
                MeasurementCodec.Read(body.AsSpan(0, length), "boiler", "", Time, read);
            }
            catch (InvalidDataException)
            {
                // Cut within an entry.
            }

            Assert.Equal(written.Take(read.Count), read);
            Assert.True(read.Count < written.Length);
        }
    }

    [Fact]
    public void A_text_that_is_too_long_is_cut_at_a_character()
    {
        var text = string.Concat(Enumerable.Repeat("😀", 40_000));
        var read = new List<Measurement>();
        MeasurementCodec.Read(Encode([new Measurement("d", "p", PointValue.From(text), Time, Quality.Good, null, null)]), "d", "p", Time, read);
        Assert.StartsWith(read[0].Value.AsText, text, StringComparison.Ordinal);
        Assert.Equal(0, read[0].Value.AsText.Length % 2);
    }

    private static byte[] Encode(Measurement[] measurements)
    {
        var output = new ArrayBufferWriter<byte>();
        MeasurementCodec.WriteHeader(output);
        foreach (var measurement in measurements)
        {
            MeasurementCodec.Write(output, measurement);
        }

        return output.WrittenSpan.ToArray();
    }
}
