using System.Buffers;
using System.Text;
using Gateway.Abstractions;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Publishing;

namespace Gateway.Runtime.Tests.Publishing;

public sealed class PayloadWriterTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 1, 2, 3, 4, TimeSpan.Zero);

    [Fact]
    public void A_measurement_is_the_documented_JSON() => Assert.Equal(
        """{"value":21.5,"time":"2026-11-22T01:02:03.004Z","quality":"good","unit":"°C","id":"plant1-17-000123"}""",
        Json(new Measurement("boiler", "flow", PointValue.From(21.5m), Time, Quality.Good, null, "°C")));

    [Fact]
    public void A_failed_read_has_null_and_its_reason() => Assert.Equal(
        """{"value":null,"time":"2026-11-22T01:02:03.004Z","quality":"bad","reason":"timeout","unit":"°C","id":"plant1-17-000123"}""",
        Json(new Measurement("boiler", "flow", PointValue.None, Time, Quality.Bad, "timeout", "°C")));

    [Fact]
    public void Texts_are_escaped_and_bits_are_bits()
    {
        Assert.StartsWith("""{"value":"a\"b",""", Json(new Measurement("b", "f", PointValue.From("a\"b"), Time, Quality.Good, null, null)), StringComparison.Ordinal);
        Assert.StartsWith("""{"value":true,""", Json(new Measurement("b", "f", PointValue.From(true), Time, Quality.Good, null, null)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_is_the_documented_JSON()
    {
        var output = new ArrayBufferWriter<byte>();
        PayloadWriter.WriteDeviceJson(
            output,
            [
                new Measurement("boiler", "flow", PointValue.From(21.5m), Time, Quality.Good, null, "°C"),
                new Measurement("boiler", "x", PointValue.None, Time, Quality.Bad, "timeout", null),
            ],
            "plant1-17-000123");
        Assert.Equal(
            """{"time":"2026-11-22T01:02:03.004Z","id":"plant1-17-000123","values":{"flow":21.5},"errors":{"x":"timeout"}}""",
            Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void A_time_that_cannot_be_believed_is_marked_beside_it()
    {
        var output = new ArrayBufferWriter<byte>();
        var measurement = new Measurement("boiler", "flow", PointValue.From(21.5m), Time, Quality.Good, null, null);
        PayloadWriter.WriteJson(output, measurement, "plant1-17-000123", isUnsynchronised: true);
        PayloadWriter.WriteDeviceJson(output, [measurement], "plant1-17-000124", isUnsynchronised: true);
        Assert.Equal(
            """{"value":21.5,"time":"2026-11-22T01:02:03.004Z","clock":"unsynchronised","quality":"good","id":"plant1-17-000123"}"""
            + """{"time":"2026-11-22T01:02:03.004Z","clock":"unsynchronised","id":"plant1-17-000124","values":{"flow":21.5}}""",
            Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("21.5")]
    [InlineData("")]
    public void A_bare_value_is_bare(string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        PayloadWriter.WriteBareValue(output, expected.Length == 0 ? PointValue.None : PointValue.From(21.50m));
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("{site}/{device}/{point}", "flow", "plant1/boiler/flow")]
    [InlineData("{site}/{device}/{point}", "", "plant1/boiler")]
    [InlineData("x/{point}/of/{device}", "flow", "x/flow/of/boiler")]
    public void A_topic_is_rendered(string template, string point, string expected) =>
        Assert.Equal(expected, new TopicTemplate(template, "plant1").Render("boiler", point));

    private static string Json(in Measurement measurement)
    {
        var output = new ArrayBufferWriter<byte>();
        PayloadWriter.WriteJson(output, measurement, "plant1-17-000123");
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
