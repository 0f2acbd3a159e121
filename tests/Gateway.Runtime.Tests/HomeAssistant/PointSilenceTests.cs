using Gateway.Abstractions.Definitions;
using Gateway.Runtime.HomeAssistant;

namespace Gateway.Runtime.Tests.HomeAssistant;

/// <summary>How long nothing may be heard of the points of maps, and what Home Assistant is told of it.</summary>
public sealed class PointSilenceTests : IDisposable
{
    private readonly string _map = Path.GetTempFileName();

    public void Dispose() => File.Delete(_map);

    [Fact]
    public void A_calculated_point_is_as_often_new_as_the_most_frequent_point_that_it_needs()
    {
        var device = Load("""
            bus: { modbus: tcp, host: 10.0.0.7 }
            devices:
              - name: boiler
                points:
                  slow: { holding: 1, every: 5 min }
                  slower: { holding: 2, every: 1 h }
                  quiet: { holding: 3, every: 1 min, report: change, heartbeat: 2 h }
                  sum: { calc: slow + slower }
                  twice: { calc: sum * 2 }
                  same: { calc: slower * 1 }
                  of_quiet: { calc: quiet + slow }
                  rare: { calc: slow * 2, report: change, heartbeat: 3 h }
            """);
        Assert.Equal(
            new Dictionary<string, double?> { ["slow"] = 5, ["slower"] = 60, ["quiet"] = 120, ["sum"] = 5, ["twice"] = 5, ["same"] = 60, ["of_quiet"] = 1, ["rare"] = 180 },
            PointSilence.Of(device).ToDictionary(pair => pair.Key, pair => pair.Value?.TotalMinutes));
        Assert.Equal(7205, (int)Discovered.Announce(device)["components"]!["sensor_same"]!["expire_after"]!);
    }

    [Fact]
    public void What_speaks_when_it_likes_does_not_expire()
    {
        var device = Load("""
            bus: { serial: /dev/ttyUSB0 }
            devices:
              - name: scale
                frame: { end: "\r\n" }
                max-age: never
                points:
                  told: { column: 1 }
                  asked: { column: 2, request: "SI", every: 20 s }
                  of_told: { calc: told * 2 }
                  of_both: { calc: told + asked }
            """);
        Assert.Equal(
            new Dictionary<string, double?> { ["told"] = null, ["asked"] = 20, ["of_told"] = null, ["of_both"] = 20 },
            PointSilence.Of(device).ToDictionary(pair => pair.Key, pair => pair.Value?.TotalSeconds));
        var components = Discovered.Announce(device)["components"]!;
        var told = components.AsObject().Single(component => component.Key.EndsWith("_told", StringComparison.Ordinal) && component.Key != "sensor_of_told").Value!.AsObject();
        Assert.False(told.ContainsKey("expire_after"));
        Assert.DoesNotContain("as_timestamp", (string?)told["value_template"], StringComparison.Ordinal);
    }

    private DeviceDefinition Load(string map)
    {
        File.WriteAllText(_map, map);
        return Assert.Single(Assert.Single(Discovered.Load(_map)).Devices);
    }
}
