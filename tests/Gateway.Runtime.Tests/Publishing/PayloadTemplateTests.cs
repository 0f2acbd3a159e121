using System.Buffers;
using System.Text;
using Gateway.Abstractions;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Publishing;

namespace Gateway.Runtime.Tests.Publishing;

public class PayloadTemplateTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 1, 2, 3, 4, TimeSpan.Zero);

    [Theory]
    [InlineData("""{"v":"{value}"}""", """{"v":21.5}""")]
    [InlineData("\"{value}\"", "21.5")]
    [InlineData("""{ "v" : "{value}", "fixed": [1, true, null, "x\"y"] }""", """{"v":21.5,"fixed":[1,true,null,"x\"y"]}""")]
    [InlineData("""{"{point}":"{value}","of {device}":"{device}"}""", """{"flow":21.5,"of boi\"ler":"boi\"ler"}""")]
    [InlineData("""{"text":"{value} {unit} in {site}"}""", """{"text":"21.5 °C in plant1"}""")]
    [InlineData("""{"v":"{value}","t":"{time}","ms":"{time_ms}","s":"at {time_ms}"}""", """{"v":21.5,"t":"2026-11-22T01:02:03.004Z","ms":1795309323004,"s":"at 1795309323004"}""")]
    [InlineData("""["{value}","{quality}","{reason}","{unit}","{id}","{backlog}","{clock}"]""", """[21.5,"good",null,"°C","plant1-17-000123",true,"unsynchronised"]""")]
    [InlineData("""["{value}","{{value}}","a {{ b }} c"]""", """[21.5,"{value}","a { b } c"]""")]
    [InlineData("""["{value}","{value}{value}"," {value}"]""", """[21.5,"21.521.5"," 21.5"]""")]
    public void Placeholders_become_what_they_say(string template, string expected) =>
        Assert.Equal(expected, Write(template, new Measurement("boi\"ler", "flow", PointValue.From(21.5m), Time, Quality.Good, null, "°C")));

    [Fact]
    public void What_has_no_value_is_null_and_nothing_within_a_text() => Assert.Equal(
        """{"v":null,"t":"=","u":null,"why":"timeout"}""",
        Write("""{"v":"{value}","t":"{value}{unit}=","u":"{unit}","why":"{reason}"}""", new Measurement("b", "p", PointValue.None, Time, Quality.Bad, "timeout", null)));

    [Fact]
    public void Texts_bits_and_lists_are_what_they_are()
    {
        const string Template = """["{value}","<{value}>"]""";
        Assert.Equal("""["a\"b","<a\"b>"]""", Write(Template, Of(PointValue.From("a\"b"))));
        Assert.Equal("""[true,"<true>"]""", Write(Template, Of(PointValue.From(true))));
        Assert.Equal("""[[1,"x"],"<[1,\"x\"]>"]""", Write(Template, Of(PointValue.From([PointValue.From(1), PointValue.From("x")]))));
    }

    [Fact]
    public void A_poll_of_a_device_has_values_and_errors() => Assert.Equal(
        """{"name":"b","d":{"p":1},"e":{"q":"timeout"}}""",
        Write(
            """{"name":"{device}","d":"{values}","e":"{errors}"}""",
            Of(PointValue.From(1)),
            new Measurement("b", "q", PointValue.None, Time, Quality.Bad, "timeout", null)));

    [Theory]
    [InlineData(PublishUnit.Point, """{"v":{value}}""", "must be JSON with placeholders in quotes, such as {\"v\":\"{value}\",\"at\":\"{time}\"}; it is none from character 7 on")]
    [InlineData(PublishUnit.Point, "{\n\"v\":\"{value}\",\n}", "must be JSON with placeholders in quotes, such as {\"v\":\"{value}\",\"at\":\"{time}\"}; it is none from line 3, character 1 on")]
    [InlineData(PublishUnit.Point, """{"v":"{valeu}"}""", "knows the placeholders {value}, {unit}, {quality}, {reason}, {point}, {site}, {device}, {time}, {time_ms}, {id}, {backlog}, {clock}, found '{valeu}'; did you mean 'value'?")]
    [InlineData(PublishUnit.Device, """{"v":"{value}"}""", "knows the placeholders {values}, {errors}, {site}, {device}, {time}, {time_ms}, {id}, {backlog}, {clock}, found '{value}'; did you mean 'values'?")]
    [InlineData(PublishUnit.Device, """{"v":"all: {values}"}""", "has '{values}' within 'all: {values}': it is an object, and stands alone in its quotes")]
    [InlineData(PublishUnit.Point, """{"v":"{value}","x":"a } b"}""", "has a '}' of its own in 'a } b'; write it twice, '}}', where it is no placeholder")]
    [InlineData(PublishUnit.Point, """{"v":"{value"}""", "has a '{' of its own in '{value'; write it twice, '{{', where it is no placeholder")]
    [InlineData(PublishUnit.Point, """{"v":"{time}"}""", "needs '{value}': without it no reading would be sent")]
    [InlineData(PublishUnit.Device, """{"v":"{time}"}""", "needs '{values}': without it no reading would be sent")]
    public void A_template_that_cannot_be_used_is_refused_with_a_sentence(PublishUnit per, string template, string expected)
    {
        Assert.Null(PayloadTemplate.Parse(template, per, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void A_template_is_bounded()
    {
        Assert.Null(PayloadTemplate.Parse($"[\"{{value}}\",\"{new string('x', PayloadTemplate.LongestText)}\"]", PublishUnit.Point, out var tooLong));
        Assert.Equal("must have at most 16384 characters, found 16398", tooLong);
        Assert.Null(PayloadTemplate.Parse(new string('[', 17) + "\"{value}\"" + new string(']', 17), PublishUnit.Point, out var tooDeep));
        Assert.StartsWith("must be JSON", tooDeep, StringComparison.Ordinal);
    }

    private static Measurement Of(PointValue value) => new("b", "p", value, Time, Quality.Good, null, null);

    private static string Write(string text, params Measurement[] measurements)
    {
        var template = PayloadTemplate.Parse(text, measurements.Length > 1 ? PublishUnit.Device : PublishUnit.Point, out var error);
        Assert.Null(error);
        var output = new ArrayBufferWriter<byte>();
        template!.Write(output, new PayloadContext("plant1", measurements[0].Device, Time, "plant1-17-000123", true, true, measurements));
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
