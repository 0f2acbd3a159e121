using System.Text.Json.Nodes;
using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Topics;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.HomeAssistant;
using Gateway.Runtime.Publishing;

namespace Gateway.Runtime.Tests.HomeAssistant;

/// <summary>What is announced, by the rules by which Home Assistant takes it or leaves it: of the example's devices and of every Modbus profile of the library.</summary>
public class DiscoveryRulesTests
{
    public static TheoryData<string> Profiles =>
    [
        .. Directory.EnumerateFiles(Discovered.Library, "*.yaml", SearchOption.AllDirectories)
            .Where(path => File.ReadLines(path).Any(line => line == "driver: modbus"))
            .Select(path => Path.ChangeExtension(Path.GetRelativePath(Discovered.Library, path), null))
            .Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void A_device_of_the_library_is_announced_by_the_rules(string profile)
    {
        var map = Path.GetTempFileName();
        try
        {
            File.WriteAllText(map, $"bus: {{ modbus: tcp, host: 127.0.0.1 }}\ndevices: [{{ name: device, profile: {profile} }}]\n");
            Check(Assert.Single(Assert.Single(Discovered.Load(map)).Devices), Discovered.Publish());
        }
        finally
        {
            File.Delete(map);
        }
    }

    [Theory]
    [InlineData(PayloadStyle.Json, PublishUnit.Point)]
    [InlineData(PayloadStyle.Json, PublishUnit.Device)]
    [InlineData(PayloadStyle.Value, PublishUnit.Point)]
    public void The_example_is_announced_by_the_rules(PayloadStyle format, PublishUnit per) =>
        Assert.All(Discovered.Load(Path.Combine(Discovered.Data, "maps.yaml")).SelectMany(bus => bus.Devices), device => Check(device, Discovered.Publish(format, per)));

    [Fact]
    public void The_gateway_itself_is_announced_by_the_rules()
    {
        var messages = new DiscoveryMessages("plant1", Discovered.Publish(), "1.2.3");
        var gateway = messages.OfGateway(new Dictionary<string, string> { ["plant1/$gateway/uplink/cloud"] = "cloud" });
        Check(gateway.Body);
        Assert.All(gateway.Body["components"]!.AsObject(), component => Assert.Equal("diagnostic", (string?)component.Value!["entity_category"]));

        // What is known of a gateway that is gone is that it is.
        Assert.All(gateway.Body["components"]!.AsObject(), component => Assert.Equal(
            component.Key == "binary_sensor_status" ? null : """[{"topic":"plant1/$gateway/status"}]""", component.Value!["availability"]?.ToJsonString()));

        // Its values are where the gateway publishes them.
        var (status, queue) = (new StatusTopics("plant1"), new QueueStatus(17, 0, null, 0, null));
        string[] published =
        [
            status.OfGateway(true).Topic, status.OfClock(true).Topic, new QueueTopic("plant1").Of(queue).Topic, new QueueTopic("plant1").OfDepth(queue).Topic,
            new UplinkTopic("plant1").Of(new UplinkStatus("mqtt://cloud", true, DateTimeOffset.UnixEpoch, null, 0, 0) { Name = "cloud" }).Topic,
        ];
        Assert.Equal(published.Order(), gateway.Body["components"]!.AsObject().Select(component => (string)component.Value!["state_topic"]!).Distinct().Order());
    }

    private static void Check(DeviceDefinition device, PublishOptions publish)
    {
        var message = Discovered.Announce(device, publish);
        Check(message);
        Assert.Equal(device.AllPoints.Count(), message["components"]!.AsObject().Count);
        Assert.Equal("all", (string?)message["availability_mode"]);
        Assert.Equal(["plant1/$gateway/status", $"plant1/{device.Name}/$status"], message["availability"]!.AsArray().Select(each => (string)each!["topic"]!));
    }

    // home-assistant/core, components/mqtt/schemas.py: DEVICE_DISCOVERY_SCHEMA, then the platform's own.
    private static void Check(JsonObject message)
    {
        Assert.NotEmpty(message["device"]!["identifiers"]!.AsArray());
        Assert.NotNull(message["origin"]!["name"]);
        var components = message["components"]!.AsObject();
        Assert.All(components, component => CheckComponent(component.Value!.AsObject()));
        Assert.Equal(components.Count, components.Select(component => (string?)component.Value!["unique_id"]).Distinct().Count());
    }

    private static void CheckComponent(JsonObject component)
    {
        var platform = (string)component["platform"]!;
        var rules = Discovered.Rules["platforms"]![platform];
        Assert.NotNull(rules);
        var needed = Texts(rules["needs"]);
        Assert.All(needed, key => Assert.True(component.ContainsKey(key), $"{platform} without {key}"));
        string[] allowed = [.. Texts(Discovered.Rules["every"]), .. needed, .. Texts(rules["has"])];
        Assert.All(component, option => Assert.Contains(option.Key, allowed));
        Assert.NotNull(component["unique_id"]);
        Assert.All(component.Where(option => option.Key.EndsWith("_topic", StringComparison.Ordinal)), option => Assert.True(TopicName.IsValid((string)option.Value!)));
        if (platform == "sensor")
        {
            CheckSensor(component);
        }

        if (platform == "number")
        {
            Assert.True((decimal)component["min"]! < (decimal)component["max"]!);
            Assert.True((decimal)component["step"]! >= 0.001m);
            CheckUnit(component);
        }

        if (platform == "select")
        {
            Assert.NotEmpty(component["options"]!.AsArray());
        }
    }

    private static void CheckSensor(JsonObject component)
    {
        Assert.True((int?)component["expire_after"] is null or > 0);
        if (component.ContainsKey("options"))
        {
            Assert.Equal("enum", (string?)component["device_class"]);
            Assert.NotEmpty(component["options"]!.AsArray());
            Assert.False(component.ContainsKey("state_class") || component.ContainsKey("unit_of_measurement"));
            return;
        }

        CheckUnit(component);
        if ((string?)component["state_class"] is { } state)
        {
            Assert.Contains(state, (string[])["measurement", "total", "total_increasing"]);
            if ((string?)component["device_class"] is { } name)
            {
                Assert.Contains(state, Texts(Discovered.Rules["sensorClasses"]![name]!["states"]));
            }
        }
    }

    private static void CheckUnit(JsonObject component)
    {
        if ((string?)component["device_class"] is { } name)
        {
            var known = Discovered.Rules["sensorClasses"]![name];
            Assert.True(known is not null, $"there is no class {name}");
            Assert.Contains((string?)component["unit_of_measurement"] ?? "", Texts(known["units"]));
        }
    }

    private static string[] Texts(JsonNode? list) => [.. list!.AsArray().Select(text => (string)text!)];
}
