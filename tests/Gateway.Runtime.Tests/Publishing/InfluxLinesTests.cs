using System.Buffers;
using System.Text;
using Gateway.Abstractions;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Publishing;
using Gateway.TestSupport;

namespace Gateway.Runtime.Tests.Publishing;

/// <summary>Lines by InfluxDB's own grammar, and as InfluxDB reads them.</summary>
public class InfluxLinesTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 1, 2, 3, 4, TimeSpan.Zero);
    private const string Nanoseconds = "1795309323004000000";

    [Fact]
    public void A_reading_is_a_field_of_its_device() => Assert.Equal(
        $"boiler,device=boiler,quality=good,site=plant1 flow=21.5 {Nanoseconds}",
        Line("plant1", Good("boiler", "flow", PointValue.From(21.50m))));

    [Fact]
    public void Each_quality_of_a_poll_is_a_line() => Assert.Equal(
        $"""
        boiler,device=boiler,quality=good,site=plant1 flow=21.5,on=true {Nanoseconds}
        boiler,device=boiler,quality=uncertain,site=plant1 mode="7" {Nanoseconds}
        boiler,device=boiler,quality=bad,site=plant1 x_error="timeout" {Nanoseconds}
        """,
        Line(
            "plant1",
            Good("boiler", "flow", PointValue.From(21.5m)),
            new("boiler", "x", PointValue.None, Time, Quality.Bad, "timeout", null),
            new("boiler", "mode", PointValue.From(7), Time, Quality.Uncertain, "unknown-enum-value", null),
            Good("boiler", "on", PointValue.From(true))));

    [Fact]
    public void A_time_that_cannot_be_believed_is_a_tag() => Assert.Equal(
        $"b,clock=unsynchronised,device=b,quality=good,site=s v=1 {Nanoseconds}",
        LineOf("s", true, Good("b", "v", PointValue.From(1))));

    [Fact]
    public void A_value_of_an_earlier_time_is_none_in_a_poll() => Assert.Equal(
        $"b,device=b,quality=stale,site=s v_error=\"implausible\" {Nanoseconds}",
        Line("s", new("b", "v", PointValue.From(1), Time, Quality.Stale, "implausible", null), Good("b", "w", PointValue.From(2))).Split('\n')[1]);

    // Names and texts that need each rule of the grammar, read back by the database itself.
    [PeerTheory(Peer.InfluxDb)]
    [InlineData("plant 1", "boiler, left", "flow=in")]
    [InlineData("a\\b", "c:\\x", "\"quoted\"")]
    [InlineData("größe", "ofen ☃", "температура")]
    [InlineData("p", "m", "time")]
    [InlineData("p", "m", "quality")]
    [InlineData("p=1", "m=1", "v")]
    public async Task InfluxDB_finds_the_names_again(string site, string device, string point)
    {
        await using var server = await InfluxServer.StartAsync();
        Assert.Null(await server.WriteAsync(Encoding.UTF8.GetBytes(Line(site, Good(device, point, PointValue.From(21.5m))))));

        var row = Assert.Single(await server.QueryAsync("SELECT * FROM /.*/"));
        var field = point is "time" or "quality" ? point + "_" : point;
        Assert.Equal((site, device, "good"), (row["site"].GetString(), row["device"].GetString(), row["quality"].GetString()));
        Assert.Equal((21.5, Nanoseconds), (row[field].GetDouble(), row["time"].GetRawText()));
        Assert.Equal(device, Assert.Single(await server.QueryAsync("SHOW MEASUREMENTS"))["name"].GetString());
    }

    [PeerFact(Peer.InfluxDb)]
    public async Task A_backslash_that_the_grammar_has_no_form_for_is_left_out()
    {
        await using var server = await InfluxServer.StartAsync();
        Assert.Null(await server.WriteAsync(Encoding.UTF8.GetBytes(Line("a\\ b", Good("x\\,y\\", "p\\=q\\", PointValue.From(1))))));

        var row = Assert.Single(await server.QueryAsync("SELECT * FROM /.*/"));
        Assert.Equal(("a b", "x,y", 1.0), (row["site"].GetString(), row["device"].GetString(), row["p=q"].GetDouble()));
    }

    [PeerFact(Peer.InfluxDb)]
    public async Task InfluxDB_finds_the_values_again_each_in_its_type()
    {
        await using var server = await InfluxServer.StartAsync();
        var values = new Dictionary<string, (PointValue Value, string Json, string Type)>
        {
            ["whole"] = (PointValue.From(23m), "23", "float"),
            ["integer"] = (PointValue.From(-42), "-42", "float"),
            ["small"] = (PointValue.From(1.5e-7), "1.5e-7", "float"),
            ["large"] = (PointValue.From(1e20f), "100000000000000000000", "float"),
            ["unsigned"] = (PointValue.From(ulong.MaxValue), "18446744073709552000", "float"),
            ["on"] = (PointValue.From(true), "true", "boolean"),
            ["off"] = (PointValue.From(false), "false", "boolean"),
            ["text"] = (PointValue.From("a \"b\" \\ c,d=e\nf"), "\"a \\\"b\\\" \\\\ c,d=e\\\\nf\"", "string"),
            ["empty"] = (PointValue.From(""), "\"\"", "string"),
            ["list"] = (PointValue.From([PointValue.From(1), PointValue.From("x")]), "\"[1,\\\"x\\\"]\"", "string"),
        };
        Assert.Null(await server.WriteAsync(Encoding.UTF8.GetBytes(Line("s", [.. values.Select(pair => Good("d", pair.Key, pair.Value.Value))]))));

        var row = Assert.Single(await server.QueryAsync("SELECT * FROM d"));
        Assert.Equal(values.ToDictionary(pair => pair.Key, pair => pair.Value.Json), values.ToDictionary(pair => pair.Key, pair => row[pair.Key].GetRawText()));
        var types = (await server.QueryAsync("SHOW FIELD KEYS FROM d")).ToDictionary(field => field["fieldKey"].GetString()!, field => field["fieldType"].GetString());
        Assert.Equal(values.ToDictionary(pair => pair.Key, pair => (string?)pair.Value.Type), types);
    }

    // A field has one type: of another InfluxDB drops the point.
    [PeerFact(Peer.InfluxDb)]
    public async Task A_number_that_an_enumeration_has_no_text_for_is_a_text_like_the_others()
    {
        await using var server = await InfluxServer.StartAsync();
        var mode = Points.Point("mode", "b", unit: null, texts: new() { [1] = "eco" });
        for (var raw = 1; raw < 8; raw += 6)
        {
            var (value, quality, reason) = Scaling.Apply(mode, PointValue.From(raw));
            Assert.Null(await server.WriteAsync(Encoding.UTF8.GetBytes(Line("s", new Measurement("b", "mode", value, Time.AddSeconds(raw), quality, reason, null)))));
        }

        Assert.Equal(["eco", "7"], (await server.QueryAsync("SELECT mode FROM b")).Select(row => row["mode"].GetString()));
    }

    private static Measurement Good(string device, string point, PointValue value) => new(device, point, value, Time, Quality.Good, null, "°C");

    private static string Line(string site, params Measurement[] measurements) => LineOf(site, false, measurements);

    private static string LineOf(string site, bool isUnsynchronised, params Measurement[] measurements)
    {
        var output = new ArrayBufferWriter<byte>();
        InfluxLines.Write(output, site, measurements, isOfDevice: measurements.Length > 1, isUnsynchronised);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
