using System.Text;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Serial.Decoders;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Serial;

/// <summary>Decoders that get frames of anything, and decoders that are damaged themselves.</summary>
public sealed class JavaScriptFuzzTests
{
    private const string Program = """
        function decodeUplink(input) {
          var b = input.bytes, i = 0, data = {}, list = [];
          while (i < b.length) {
            var channel = b[i++], type = b[i++];
            if (type === 0x67) { data['temperature_' + channel] = ((b[i] << 24 >> 16) | b[i + 1]) / 10; i += 2; }
            else if (type === 0x68) { data.humidity = b[i++] / 2; }
            else if (type === 0x02) { list.push(b.slice(i, i + b[i]).map(function (x) { return x.toString(16); }).join('')); i += b[i]; }
            else if (type === 0x03) { data.text = String.fromCharCode.apply(null, b.slice(i)); i = b.length; }
            else { return { errors: ['unknown type ' + type] }; }
          }
          return { data: data, list: list, warnings: list.length > 3 ? ['many'] : [] };
        }
        """;

    private static readonly DateTimeOffset Time = new(2026, 11, 23, 1, 2, 3, TimeSpan.Zero);
    private static readonly byte[] Frame = [1, 0x67, 0x01, 0x10, 2, 0x68, 0x50, 3, 0x02, 0x03, 0xAA, 0xBB, 4, 0x03, 0x68, 0x69];

    [Fact]
    public void Whatever_a_frame_holds_there_is_an_output_or_a_reason()
    {
        var random = new Random(20261123);
        var program = JavaScriptProgram.Prepare(new SourceFile("decoder.js", Program, null), [])!;
        var outputs = 0;
        for (var round = 0; round < 500 * Fuzz.Factor; round++)
        {
            var fault = program.Run(random.Next(10) == 0 ? RandomBytes(random) : Fuzz.Mutate(Frame, random), random.Next(256), Time, out var output);
            outputs += fault is null ? 1 : 0;
            Assert.True(fault is not null || output.GetRawText().Length > 0);
        }

        Assert.InRange(outputs, 1, int.MaxValue);
    }

    /// <summary>A program that is damaged is refused, or runs within its bounds.</summary>
    [Fact]
    public void A_damaged_decoder_is_refused_or_runs_within_its_bounds()
    {
        var random = new Random(20261123);
        var source = Encoding.UTF8.GetBytes(Program);
        for (var round = 0; round < 300 * Fuzz.Factor; round++)
        {
            var diagnostics = new List<Diagnostic>();
            var program = JavaScriptProgram.Prepare(new SourceFile("decoder.js", Encoding.UTF8.GetString(Fuzz.Mutate(source, random)), null), diagnostics);
            Assert.Equal(program is null, diagnostics.Count > 0);
            program?.Run(Frame, 1, Time, out _);
        }
    }

    private static byte[] RandomBytes(Random random)
    {
        var bytes = new byte[random.Next(256)];
        random.NextBytes(bytes);
        return bytes;
    }
}
