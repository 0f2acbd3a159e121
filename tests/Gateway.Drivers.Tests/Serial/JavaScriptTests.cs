using System.Text.RegularExpressions;
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

    // Each of them is one step, between which the engine counts; without a bound they take from 100 MB to all that there is.
    [Theory]
    [InlineData("'x'.padEnd(500000000)")]
    [InlineData("'x'.padStart(500000000, 'ab')")]
    [InlineData("m.replaceAll('x', m)")]
    [InlineData("m.replace(/x/g, m)")]
    [InlineData("/x/g[Symbol.replace](m, m)")]
    [InlineData("'x'.repeat(20000).replaceAll('x', '$`')")]
    [InlineData("m.match(/x/g)")]
    [InlineData("Array(1000).join(m)")]
    [InlineData("Array(1000).fill(m).join('')")]
    [InlineData("Array(1000).fill(m).toString()")]
    [InlineData("Array(1000).fill(m) + ''")]
    [InlineData("Array(1000).fill(m).toLocaleString()")]
    [InlineData("(a => { for (let i = 0; i < 30; i++) a = [a, a]; return a.join(); })([m])")]
    [InlineData("Array.prototype.join.call({ length: 9e15 }, '')")]
    [InlineData("m.concat(...Array(1000).fill(m))")]
    [InlineData("[].concat(...Array(1000).fill(Array(100000).fill(1)))")]
    [InlineData("JSON.stringify(Array(1000).fill(m))")]
    [InlineData("Array(1000).fill(m)")]
    [InlineData("(a => { for (let i = 0; i < 30; i++) a = [a, a]; return a; })([m])")]
    [InlineData("Array(1000000).fill(1)")]
    [InlineData("new Uint8Array(500000000)")]
    [InlineData("new (new Float64Array(1).constructor)(100000000)")]
    [InlineData("Uint8Array.from({ length: 500000000 })")]
    [InlineData("new RegExp('(a|b)'.repeat(100000))")]
    [InlineData("escape('€'.repeat(1000000))")]
    [InlineData("encodeURIComponent('€'.repeat(1000000)).length")]
    [InlineData("encodeURI('€'.repeat(1000000)).length")]
    public void No_step_takes_more_memory_than_a_few_times_the_limit(string expression)
    {
        var program = Prepare($"function decodeUplink(input) {{ const m = 'x'.repeat(1000000); return {{ data: {expression} }}; }}");
        var before = GC.GetAllocatedBytesForCurrentThread();

        var fault = program.Run([1, 2], 1, Time, out _);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64_000_000);
        Assert.Equal("decoder-limit", fault?.Reason);
    }

    // Each of them would be one step that takes for ever; nothing but the end of the process ends a thread that is within it.
    [Theory]
    [InlineData("['indexOf', 'lastIndexOf', 'includes', 'reverse', 'sort', 'shift', 'flat', 'slice', 'toReversed', 'toSorted', 'toSpliced']", "list[name].call(long, 1)")]
    [InlineData("['reduce', 'reduceRight', 'forEach', 'map', 'filter', 'some', 'every', 'find', 'findIndex', 'findLast', 'findLastIndex', 'flatMap']", "list[name].call(long, (x) => false)")]
    [InlineData("['fill', 'copyWithin', 'splice', 'unshift', 'with']", "list[name].call(long, 0, 1)")]
    [InlineData("['concat']", "list[name].call(Object.assign(long, { [Symbol.isConcatSpreadable]: true }))")]
    [InlineData("['indexOf', 'lastIndexOf', 'includes', 'reverse', 'sort', 'fill', 'slice', 'flat', 'join', 'concat']", "sparse[name](1)")]
    [InlineData("[sparse]", "[].concat(name)")]
    [InlineData("['keys', 'values', 'entries']", "[...list[name].call(long)]")]
    [InlineData("[Object, Array]", "Array.from.call(name, long)")]
    [InlineData("[Math.max, String.fromCharCode, Array.of]", "name.apply(null, long)")]
    [InlineData("['test', 'exec']", "/(a*)*b/[name]('a'.repeat(1000000))")]
    [InlineData("[2n]", "[...Array(25)].reduce((x) => x * x, 3n) > 1n")]
    [InlineData("[20]", "[...Array(20)].reduce((x) => x * x, 3n).toString(name)")]
    [InlineData("['[', '{\"a\":']", "JSON.parse(name.repeat(100000))")]
    public async Task No_step_takes_for_ever(string names, string expression)
    {
        var decoder = $$"""
            function decodeUplink(input) {
              const list = Array.prototype, sparse = [];
              sparse[4294967294] = 1;
              const name = {{names}}[input.fPort];
              const long = { length: 9e15 };
              if (name === undefined) { return { end: true }; }
              return { data: String({{expression}}).length };
            }
            """;
        var run = Task.Run(() =>
        {
            var program = JavaScriptProgram.Prepare(new SourceFile("decoder.js", decoder, null), []);
            Assert.Equal(Regex.IsMatch(decoder, "[0-9]n"), program is null); // a BigInt is refused where it stands
            for (var port = 0; program is not null; port++)
            {
                if (program.Run([1, 2], port, Time, out var output) is null && output.TryGetProperty("end", out _))
                {
                    break;
                }
            }
        });

        await run.WaitAsync(TimeSpan.FromMinutes(8)); // twelve times five seconds at most, on a machine that does more than this
    }

    [Fact]
    public void A_BigInt_is_refused_where_it_stands()
    {
        var diagnostics = new List<Diagnostic>();

        Assert.Null(JavaScriptProgram.Prepare(new SourceFile("decoder.js", "function decodeUplink(input) {\n  return { data: [1, (x => x * 2n)] };\n}", null), diagnostics));

        Assert.Equal(
            "decoder.js:2:32: error: there is no BigInt in a decoder, since nothing bounds how long it takes: use numbers, which are exact up to 2^53",
            Assert.Single(diagnostics).ToString());
    }

    [Theory]
    [InlineData("String.raw({ raw: ['a'] })")]
    [InlineData("new (new Uint8Array(1).buffer.constructor)(500000000).byteLength")]
    [InlineData("new Uint8Array(1).buffer.transfer(500000000).byteLength")]
    [InlineData("new Proxy([], {})")]
    [InlineData("JSON.stringify([1], (k, v) => v)")]
    [InlineData("({ toJSON() { return 1; } })")]
    [InlineData("String(BigInt(3))")]
    [InlineData("String(new BigInt64Array(1)[0])")]
    [InlineData("String(new DataView(new Uint8Array(8).buffer).getBigInt64(0))")]
    [InlineData("String(Temporal.Now.instant())")]
    [InlineData("new Intl.NumberFormat().format(1)")]
    public void What_no_decoder_needs_is_not_there(string expression)
    {
        var fault = Prepare($"function decodeUplink(input) {{ return {{ data: {expression} }}; }}").Run([1, 2], 1, Time, out var output);

        // An ArrayBuffer without a constructor of its own has that of every object, which gives none.
        Assert.True(fault?.Reason == "decoder-error" || !output.TryGetProperty("data", out _), fault?.Message);
    }

    // A call from a built-in function of this program into the engine would begin to count anew.
    [Theory]
    [InlineData("'x'.repeat(2)")]
    [InlineData("'x'.concat('y')")]
    [InlineData("'x'.replace('x', 'y')")]
    [InlineData("[1, 2].join()")]
    [InlineData("JSON.stringify([1])")]
    [InlineData("new Uint8Array(1)")]
    public void A_bounded_function_does_not_begin_to_count_steps_anew(string expression) =>
        Assert.Equal("decoder-limit", Prepare($"function decodeUplink(input) {{ for (;;) {{ {expression}; }} }}").Run([1], 1, Time, out _)?.Reason);

    [Fact]
    public void Bounded_functions_do_what_JavaScript_says()
    {
        var (fault, output) = Run("""
            function decodeUplink(input) {
              const inner = [1]; inner.push(inner);
              return { data: [
                'a-b-c'.replace('-', '+'), 'a-b-c'.replaceAll('-', '$&$&'), 'aabb'.replace(/(..)/g, '$1 '), 'abc'.replace(/b/, (m) => m.toUpperCase()), 'abc'.replace('b'),
                'a1b2'.match(/\d/g), 'a,b'.split(','), 'abc'.search('c'), [...'a1b2'.matchAll(/\d/g)].map((m) => m.index),
                [1, null, undefined, [2, 3], 'x'].join('-'), String(inner), [].join(), new Uint8Array([1, 255]).join(' '), 'a'.concat(1, null), 'ab'.repeat(0), 'x'.padStart(3, '0'),
                [...new Uint8Array(new Float32Array([1.5]).buffer)], new DataView(new Uint8Array([0, 1]).buffer).getUint16(0), new Uint8Array(2) instanceof Uint8Array, Uint8Array.from([7])[0],
                new RegExp('a+', 'i').test('AA'), RegExp('b').source, /x/ instanceof RegExp, 'x'.match('x').index, decodeURIComponent(escape('â¬')),
                JSON.stringify({ a: [1, undefined, NaN], b: undefined, c: 'é"\n', d: new Date(0), e: 1e21, f: null }), JSON.stringify(undefined) === undefined,
              ], when: new Date(5), not: new Date(NaN), none: undefined, f() {} };
            }
            """);

        Assert.Null(fault);

        // By Node 20.
        Assert.Equal(
            """{"data":["a+b-c","a--b--c","aa bb ","aBc","aundefinedc",["1","2"],["a","b"],2,[1,3],"1---2,3-x","1,","","1 255","a1null","","00x",[0,0,192,63],1,true,7,true,"b",true,0,"€","{\"a\":[1,null,null],\"c\":\"é\\\"\\n\",\"d\":\"1970-01-01T00:00:00.000Z\",\"e\":1e+21,\"f\":null}",true],"when":"1970-01-01T00:00:00.005Z","not":null}""",
            output);
    }

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
