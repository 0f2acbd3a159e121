using Gateway.DeviceMaps.Maps;

namespace Gateway.DeviceMaps.Tests.Maps;

public class FingerprintTests
{
    private const string Map = "bus: { fake: net, host: h }\ndevices:\n- { name: a, points: { x: { holding: 1, scale: 0.1, enum: { 1: one, 2: two } }, y: { holding: 2 } } }\n- { name: b, points: { x: { coil: 1 } } }\n";

    [Theory]
    [InlineData("# a comment\nbus: { host: h, fake: net }\n\ndevices:\n- { name: a, points: { x: { scale: 0.10, holding: 0x1, enum: { 2: two, 0x1: one } }, y: { holding: 2 } } }\n- { name: b, points: { x: { coil: 1 } } }\n")]
    [InlineData("bus: { fake: net, host: h, timeout: 1000 ms }\ndevices:\n- { name: b, every: 10 s, points: { x: { coil: 1, report: always } } }\n- { name: a, unit: 1, points: { y: { holding: 2 }, x: { holding: 1, scale: 0.1, enum: { 1: one, 2: two } } } }\n")]
    public void What_runs_the_same_has_the_same_fingerprint(string map) => Assert.Equal(Of(Map), Of(map));

    [Theory]
    [InlineData("host: h", "host: g")]
    [InlineData("scale: 0.1", "scale: 0.2")]
    [InlineData("2: two", "2: TWO")]
    [InlineData("2: two", "3: two")]
    [InlineData("name: b", "name: c")]
    [InlineData("holding: 2", "holding: 2, every: 1 s")]
    [InlineData("holding: 2", "holding: 2, deadband: 1")]
    [InlineData("holding: 2", "holding: 2, unit: V")]
    [InlineData("name: b", "name: b, unit: 2")]
    public void What_runs_differently_has_another_fingerprint(string from, string to) => Assert.NotEqual(Of(Map), Of(Map.Replace(from, to, StringComparison.Ordinal)));

    private static string Of(string map)
    {
        var result = new MapLoader([new FakeDriver()], new MemoryFiles { ["a.yaml"] = map }).Load(["a.yaml"]);
        Assert.Empty(result.Diagnostics);
        return Assert.Single(result.Buses).Fingerprint;
    }
}
