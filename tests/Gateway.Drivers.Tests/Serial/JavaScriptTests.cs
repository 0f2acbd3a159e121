using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Serial;
using Gateway.Drivers.Serial.Decoders;

namespace Gateway.Drivers.Tests.Serial;

/// <summary>Decoders in the form of The Things Network and ChirpStack, and what keeps them in bounds.</summary>
public class JavaScriptTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 1, 2, 3, TimeSpan.Zero);

    [Fact]
    public void A_decoder_sees_bytes_port_and_time_and_returns_data()
    {
        var (fault, output) = Run("""
            function decodeUplink(input) {
              return { data: { sum: input.bytes[0] + input.bytes[1], n: input.bytes.length, port: input.fPort, year: input.recvTime.getUTCFullYear() }, warnings: [] };
            }
            """);

        Assert.Null(fault);
        Assert.Equal("""{"data":{"sum":3,"n":2,"port":1,"year":2026},"warnings":[]}""", output);
    }

    [Fact]
    public void A_decoder_may_be_written_in_todays_JavaScript()
    {
        var (fault, output) = Run("""
            const scale = (value, factor = 10) => value / factor;
            const decodeUplink = ({ bytes }) => {
              let [first, ...rest] = bytes;
              const data = { first: scale(first), rest: rest.map((b) => b ** 2), label: `${bytes.length} bytes`, none: rest[7]?.x ?? null };
              for (const [key, value] of Object.entries({ a: 1 })) { data[key] = value; }
              return { data };
            };
            """);

        Assert.Null(fault);
        Assert.Equal("""{"data":{"first":0.1,"rest":[4],"label":"2 bytes","none":null,"a":1}}""", output);
    }

    [Theory]
    [InlineData("for (;;);", "decoder-limit")]
    [InlineData("return { data: 'x'.repeat(500000000).length };", "decoder-limit")]
    [InlineData("return { data: new Array(100000000).fill(1).length };", "decoder-limit")]
    [InlineData("return { data: /^(a+)+$/.test('a'.repeat(60) + 'b') };", "decoder-limit")]
    [InlineData("var a = []; for (var n = 0; n < 40000; n++) { a = [a]; } return { data: a };", "decoder-error")]
    [InlineData("var a = []; for (var n = 0; n < 40000; n++) { a = [a]; } return { data: JSON.stringify(a) };", "decoder-error")]
    [InlineData("return { data: eval('1') };", "decoder-error")]
    [InlineData("return { data: new Function('return 1')() };", "decoder-error")]
    [InlineData("Atomics.wait(new Int32Array(new SharedArrayBuffer(16)), 0, 0, 100000);", "decoder-error")]
    [InlineData("while (true) {}", "decoder-limit")]
    [InlineData("function f() { return f(); } f();", "decoder-limit")]
    [InlineData("var s = 'x'; while (true) { s += s; }", "decoder-limit")]
    [InlineData("var a = []; while (true) { a.push([1, 2, 3, 4]); }", "decoder-limit")]
    [InlineData("throw new Error('no');", "decoder-error")]
    [InlineData("undefinedFunction();", "decoder-error")]
    [InlineData("return 5;", "decoder-error")]
    [InlineData("return [1];", "decoder-error")]
    [InlineData("return;", "decoder-error")]
    [InlineData("var o = {}; o.o = o; return o;", "decoder-error")]
    [InlineData("return { data: importNamespace('System').Environment.MachineName };", "decoder-error")]
    [InlineData("return { data: System.IO.File.ReadAllText('/etc/passwd') };", "decoder-error")]
    public void What_goes_wrong_or_too_far_is_a_fault_and_nothing_else(string body, string reason) =>
        Assert.Equal(reason, Run($"function decodeUplink(input) {{ {body} }}").Fault?.Reason);

    [Fact]
    public void What_is_repeated_within_bounds_is_repeated()
    {
        var (fault, output) = Run("function decodeUplink() { return { data: 'ab'.repeat(2) }; }");

        Assert.Null(fault);
        Assert.Equal("""{"data":"abab"}""", output);
    }

    [Fact]
    public void Nothing_is_kept_from_one_frame_to_the_next()
    {
        var program = Prepare("var n = 0; function decodeUplink(input) { n++; return { data: { n: n } }; }");
        program.Run([1], 1, Time, out _);
        program.Run([1], 1, Time, out var second);

        Assert.Equal(1, second.GetProperty("data").GetProperty("n").GetInt32());
    }

    [Fact]
    public void Points_name_keys_of_data()
    {
        var bus = SerialMaps.Load(
            """
            bus: { serial: /dev/ttyUSB0 }
            devices:
              - name: soil
                frame: { start: 0x02, end: 0x03 }
                decoder: soil.js
                points:
                  moisture: { key: "soil.moisture" }
                  first:    { key: "list[0]" }
                  label:    { key: label }
                  wet:      { key: wet }
                  empty:    { key: empty }
                  absent:   { key: absent }
            """,
            out var diagnostics,
            ("soil.js", "function decodeUplink(i) { if (i.bytes[0] === 9) { return { errors: ['bad'] }; } return { data: { soil: { moisture: i.bytes[0] / 10 }, list: [7], label: '12', wet: true, empty: null } }; }"),
            ("soil.test.json", """[{ "input": { "bytes": [5] }, "expected": { "data": { "soil": { "moisture": 0.5 }, "list": [7], "label": "12", "wet": true, "empty": null } } }]"""));
        Assert.Empty(diagnostics);
        var decoder = SerialDeviceParser.Parse(bus!.Devices[0], [])!.CreateDecoder();
        var values = new List<DecodedValue>();
        decoder.Decode([2, 33, 3], Time, values);

        Assert.Equal(
            ["moisture=3.3 ", "first=7 ", "label=12 ", "wet=true ", "empty= no-value"],
            values.Select(value => $"{value.Point.Name}={value.Value} {value.Reason}"));
        Assert.Equal(PointValueKind.Text, values[2].Value.Kind);
        values.Clear();
        decoder.Decode([2, 9, 3], Time, values);
        Assert.Equal(6, values.Count);
        Assert.All(values, value => Assert.Equal("decoder-error", value.Reason));
    }

    private static (DecoderFault? Fault, string Output) Run(string script)
    {
        var fault = Prepare(script).Run([1, 2], 1, Time, out var output);
        return (fault, fault is null ? output.GetRawText() : "");
    }

    private static JavaScriptProgram Prepare(string script)
    {
        var diagnostics = new List<Diagnostic>();
        return JavaScriptProgram.Prepare(new SourceFile("decoder.js", script, null), diagnostics) ?? throw new InvalidOperationException(string.Join('\n', diagnostics));
    }
}
