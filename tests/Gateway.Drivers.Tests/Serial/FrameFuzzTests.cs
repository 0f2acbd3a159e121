using System.Text;
using Gateway.Abstractions;
using Gateway.Drivers.Serial;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Serial;

/// <summary>Frames of JSON, columns and texts with anything in them, and a decoder that throws: values or reasons.</summary>
public sealed class FrameFuzzTests
{
    private const string Fields = """
        bus: { serial: /dev/ttyUSB0 }
        devices:
          - name: device
            frame: { FRAME }
            points:
              name:    { json: name, type: string }
              number:  { json: name, type: number }
              either:  { json: "list[1].x" }
              first:   { column: 1 }
              second:  { column: 2, type: number }
              pattern: { match: '([+-]?[0-9.]+) *kg' }
              bytes:   { at: 1, type: int16 }
              pump:    { command: "P", write: true }
        """;

    private static readonly string[] Samples =
    [
        """{"name":"\u00e9\u20ac \ud83d\ude00","list":[1,{"x":-12.5e3}],"\u0061":null}""",
        """{"list":[true,{"x":"12,5"}],"name":{"\udc00":[]}}""",
        "12.5;\"a \"\"b\"\"\";ST,+0012.5 kg;é",
    ];

    [Theory]
    [InlineData("end: \"\\n\"")]
    [InlineData("gap: 20 ms")]
    public void Whatever_a_frame_holds_its_points_have_values_or_reasons(string frame)
    {
        var device = SerialMaps.Device(Fields.Replace("FRAME", frame, StringComparison.Ordinal));
        var random = new Random(20261123);
        var clock = new ManualTimeProvider();
        var heard = 0;
        using var listener = new FrameListener(device, OnHeard, _ => { }, ear => ear.OnIdle(), clock);
        for (var round = 0; round < 2000 * Fuzz.Factor; round++)
        {
            listener.Receive([.. Fuzz.Mutate(Encoding.UTF8.GetBytes(Samples[random.Next(Samples.Length)]), random), (byte)'\n']);
            clock.Advance(TimeSpan.FromMilliseconds(20));
        }

        Assert.InRange(heard, 1000, int.MaxValue);

        void OnHeard(FrameListener ear, IReadOnlyList<DecodedValue> values, DateTimeOffset time)
        {
            heard++;
            Assert.All(values, value => Assert.Equal(value.Quality == Quality.Good, value.Reason is null));
            Assert.DoesNotContain(values, value => value.Reason == SerialReasons.DecoderError); // what no decoder may leave to the listener
        }
    }

    [Fact]
    public void A_decoder_that_throws_makes_the_points_of_its_device_bad()
    {
        var device = SerialMaps.Device(Fields.Replace("FRAME", "end: \"\\n\"", StringComparison.Ordinal));
        var throwing = new SerialDevice
        {
            Definition = device.Definition,
            Layout = device.Layout,
            CreateDecoder = () => new ThrowingDecoder(device),
            Requests = device.Requests,
            Writes = device.Writes,
            Timeout = device.Timeout,
        };
        List<string> heard = [];
        using var listener = new FrameListener(
            throwing, (_, values, _) => heard.AddRange(values.Select(value => $"{value.Point.Name} {value.Reason}")), _ => { }, _ => { }, new ManualTimeProvider());

        listener.Receive("x\n"u8);

        Assert.Equal(["name", "number", "either", "first", "second", "pattern", "bytes"], heard.Select(value => value.Split(' ')[0]));
        Assert.All(heard, value => Assert.EndsWith(" decoder-error", value, StringComparison.Ordinal));
    }

    private sealed class ThrowingDecoder(SerialDevice device) : IFrameDecoder
    {
        public void Decode(ReadOnlySpan<byte> frame, DateTimeOffset time, ICollection<DecodedValue> values)
        {
            values.Add(DecodedValue.Good(device.Definition.Points[0], PointValue.From(1L)));
            throw new InvalidOperationException();
        }
    }
}
