using System.Buffers;
using System.Text;
using Gateway.Abstractions;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Publishing;
using Gateway.Runtime.ThingsBoard;

namespace Gateway.Runtime.Tests.ThingsBoard;

/// <summary>Messages as ThingsBoard's documentation has them, of the MQTT gateway API and the MQTT device API.</summary>
public class ThingsBoardRequestTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 1, 2, 3, 4, TimeSpan.Zero);

    [Theory]
    [InlineData(true, """{"device": "Device A", "data": {"id": 7, "method": "toggle_gpio", "params": {"pin": 1}}}""", "Device A 7 toggle_gpio {\"pin\": 1}")]
    [InlineData(true, """{"device":"Device A","data":{"id":7,"method":"set","params":{"point":"p","value":"on"}}}""", "Device A 7 p \"on\"")]
    [InlineData(true, """{"device":"Device A","data":{"id":7,"method":"get","params":{"point":"p"}}}""", "Device A 7 p ?")]
    [InlineData(true, """{"device":"Device A","data":{"id":7,"method":"p","params":{}}}""", "Device A 7 p ?")]
    [InlineData(true, """{"device":"Device A","data":{"id":7,"method":"p","params":null}}""", "Device A 7 p ?")]
    [InlineData(true, """{"device":"Device A","data":{"id":7,"method":"p","params":false}}""", "Device A 7 p false")]
    [InlineData(true, """{"device":"Device A","id":7,"data":{"success":true}}""", null)]
    [InlineData(true, """{"device":"Device A","data":{"method":"p"}}""", null)]
    [InlineData(true, """{"device":"Device A","data":[1]}""", null)]
    [InlineData(false, """{"method":"getTemperature","params":{}}""", " 4 getTemperature ?")]
    [InlineData(false, """{"method":"setValue","params":21.5}""", " 4 setValue 21.5")]
    [InlineData(false, """{"params":21.5}""", null)]
    [InlineData(false, "[]", null)]
    [InlineData(false, "{", null)]
    public void A_call_names_a_point_and_what_to_set(bool isGatewayApi, string payload, string? expected)
    {
        var isCall = ThingsBoardRequest.TryReadRpc(Encoding.UTF8.GetBytes(payload), isGatewayApi, 4, out var rpc);
        Assert.Equal(expected, isCall ? $"{rpc!.Device} {rpc.Id} {rpc.Point} {(rpc.Value is null ? "?" : Encoding.UTF8.GetString(rpc.Value))}" : null);
    }

    [Theory]
    [InlineData(true, """{"device":"Device A","data":{"attribute1":"value1","attribute2":42}}""", "Device A attribute1=\"value1\" attribute2=42")]
    [InlineData(true, """{"device":"Device A","data":{"deleted":["attribute1"]}}""", "Device A")]
    [InlineData(true, """{"Device A":{"attribute1":"value1"}}""", null)]
    [InlineData(false, """{"attribute1":"value1","attribute2":true}""", " attribute1=\"value1\" attribute2=true")]
    public void Shared_attributes_that_changed_are_read(bool isGatewayApi, string payload, string? expected) =>
        Assert.Equal(expected, ThingsBoardRequest.TryReadUpdate(Encoding.UTF8.GetBytes(payload), isGatewayApi, out var update) ? Describe(update) : null);

    [Theory]
    [InlineData(true, """{"id":1,"device":"d","values":{"a":1,"b":2}}""", "d a=1 b=2")]
    [InlineData(true, """{"id":1,"device":"d","shared":{"a":1}}""", "d a=1")]
    [InlineData(true, """{"id":2,"device":"d","value":"x"}""", "d a=\"x\"")]
    [InlineData(true, """{"id":3,"device":"d","values":{"a":1}}""", null)]
    [InlineData(true, """{"id":"1","device":"d","values":{"a":1}}""", null)]
    [InlineData(false, """{"client":{"x":1},"shared":{"d.a":1}}""", " d.a=1")]
    [InlineData(false, "{}", null)]
    public void Shared_attributes_that_were_asked_for_are_read_once(bool isGatewayApi, string payload, string? expected)
    {
        var requests = new Dictionary<int, (string, IReadOnlyList<string>)> { [1] = ("d", ["a", "b"]), [2] = ("d", ["a"]) };
        var bytes = Encoding.UTF8.GetBytes(payload);
        Assert.Equal(expected, ThingsBoardRequest.TryReadResponse(bytes, isGatewayApi, 1, requests, out var response) ? Describe(response) : null);
        Assert.False(ThingsBoardRequest.TryReadResponse(bytes, isGatewayApi, 1, requests, out _));
    }

    [Fact]
    public void Telemetry_has_the_time_of_the_reading_and_no_null()
    {
        Measurement[] poll =
        [
            new("boiler", "flow", PointValue.From(21.50m), Time, Quality.Good, null, "°C"),
            new("boiler", "mode", PointValue.From(7), Time, Quality.Uncertain, "unknown-enum-value", null),
            new("boiler", "x", PointValue.None, Time, Quality.Bad, "timeout", null),
        ];
        Assert.Equal(
            """{"boiler":[{"ts":1795309323004,"values":{"flow":21.5,"mode":7,"mode_quality":"uncertain","x_error":"timeout"}}]}""",
            Write(isOfGatewayApi: true, poll));
        Assert.Equal("""{"ts":1795309323004,"values":{"boiler.flow":21.5}}""", Write(isOfGatewayApi: false, poll[0]));
    }

    [Fact]
    public void Telemetry_of_a_time_that_cannot_be_believed_says_so()
    {
        Measurement[] poll =
        [
            new("boiler", "flow", PointValue.From(21.50m), Time, Quality.Good, null, "°C"),
            new("boiler", "x", PointValue.None, Time, Quality.Bad, "timeout", null),
        ];
        var output = new ArrayBufferWriter<byte>();
        ThingsBoardTelemetry.Write(output, isOfGatewayApi: true, "boiler", poll, isOfDevice: true, isUnsynchronised: true);
        Assert.Equal(
            """{"boiler":[{"ts":1795309323004,"values":{"flow":21.5,"flow_clock":"unsynchronised","x_error":"timeout","x_clock":"unsynchronised"}}]}""",
            Encoding.UTF8.GetString(output.WrittenSpan));
    }

    private static string Describe(ThingsBoardAttributes attributes) =>
        string.Join(' ', attributes.Values.Select(each => $"{each.Key}={Encoding.UTF8.GetString(each.Payload)}").Prepend(attributes.Device));

    private static string Write(bool isOfGatewayApi, params Measurement[] measurements)
    {
        var output = new ArrayBufferWriter<byte>();
        ThingsBoardTelemetry.Write(output, isOfGatewayApi, "boiler", measurements, isOfDevice: measurements.Length > 1);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
