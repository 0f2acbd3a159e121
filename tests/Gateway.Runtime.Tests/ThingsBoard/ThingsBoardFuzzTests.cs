using System.Text;
using Gateway.Runtime.ThingsBoard;
using Gateway.TestSupport;

namespace Gateway.Runtime.Tests.ThingsBoard;

/// <summary>Damaged messages of ThingsBoard: each is read, or left alone.</summary>
public sealed class ThingsBoardFuzzTests
{
    private static readonly byte[][] Payloads =
        [.. ((string[])
            [
                """{"device":"boiler","data":{"id":1,"method":"setpoint","params":21.5}}""",
                """{"device":"boiler","data":{"id":2,"method":"set","params":{"point":"flow","value":{"a":[1,2]}}}}""",
                """{"method":"boiler.setpoint","params":"\ud83c\udf21 °C"}""",
                """{"device":"d\ud83c\udf21","data":{"setpoint":21.5,"mode":"eco","on":true,"x":null}}""",
                """{"id":1,"device":"d","values":{"a":1,"b\ud83c\udf21":2}}""",
                """{"shared":{"d.a":1e300}}""",
            ]).Select(Encoding.UTF8.GetBytes)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Is_read_or_left_alone(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 5_000 * Fuzz.Factor; round++)
        {
            var payload = Fuzz.Mutate(Payloads[random.Next(Payloads.Length)], random);
            foreach (var isGatewayApi in (bool[])[true, false])
            {
                var requests = new Dictionary<int, (string, IReadOnlyList<string>)> { [1] = ("d", ["a"]) };
                Assert.Equal(ThingsBoardRequest.TryReadRpc(payload, isGatewayApi, 1, out var rpc), rpc is not null);
                Assert.Equal(ThingsBoardRequest.TryReadUpdate(payload, isGatewayApi, out var update), update is not null);
                Assert.Equal(ThingsBoardRequest.TryReadResponse(payload, isGatewayApi, 1, requests, out var response), response is not null);
            }
        }
    }

    [Theory]
    [InlineData("""{"device":"\ud83c","data":{"id":1,"method":"a"}}""")]
    [InlineData("""{"device":"d","data":{"id":1,"method":"a","\udf21":1}}""")]
    public void Half_a_surrogate_pair_is_no_text(string payload)
    {
        Assert.False(ThingsBoardRequest.TryReadRpc(Encoding.UTF8.GetBytes(payload), isGatewayApi: true, 1, out _));
        Assert.False(ThingsBoardRequest.TryReadUpdate(Encoding.UTF8.GetBytes(payload), isGatewayApi: true, out _));
    }
}
