using System.Text.Json.Nodes;
using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.HomeAssistant;

namespace Gateway.Runtime.Tests.HomeAssistant;

/// <summary>What is told when maps change, by a gateway that runs and by one that was restarted meanwhile.</summary>
public sealed class DiscoveryAnnouncerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-discovery-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_point_that_is_gone_is_told_to_be_also_after_a_restart()
    {
        var first = Announce([Device("boiler", "flow", "power")]);
        Assert.Equal(["sensor_flow", "sensor_power"], ComponentsOf(first["plant1_boiler"]).Select(component => component.Key));

        // Leaving it out would leave it there: what is gone has a platform and nothing else.
        var second = Announce([Device("boiler", "flow")]);
        var gone = ComponentsOf(second["plant1_boiler"])["sensor_power"]!;
        Assert.Equal("""{"platform":"sensor"}""", gone.ToJsonString());
        Assert.Equal("Flow", (string?)ComponentsOf(second["plant1_boiler"])["sensor_flow"]!["name"]);

        var third = Announce([Device("boiler", "flow", "power")]);
        Assert.Equal("Power", (string?)ComponentsOf(third["plant1_boiler"])["sensor_power"]!["name"]);
    }

    [Fact]
    public void A_device_that_is_gone_is_cleared_and_comes_back()
    {
        Announce([Device("boiler", "flow"), Device("meter", "power")]);
        Assert.True(Announce([Device("boiler", "flow")])["plant1_meter"].Payload.IsEmpty);
        Assert.True(Announce([Device("boiler", "flow")])["plant1_meter"].Payload.IsEmpty);
        Assert.Equal(["sensor_power"], ComponentsOf(Announce([Device("meter", "power")])["plant1_meter"]).Select(component => component.Key));
    }

    [Fact]
    public void A_point_that_becomes_writable_becomes_another_entity()
    {
        Announce([Points.Device("boiler", Points.Point("power"))]);
        var components = ComponentsOf(Announce([Points.Device("boiler", Points.Point("power", writable: true))])["plant1_boiler"]);
        Assert.Equal("""{"platform":"sensor"}""", components["sensor_power"]!.ToJsonString());
        Assert.Equal("plant1/boiler/power/set", (string?)components["number_power"]!["command_topic"]);
    }

    [Fact]
    public void Without_discovery_and_with_another_prefix_what_was_told_is_taken_back()
    {
        Announce([Device("boiler", "flow")]);
        var moved = Tell([Device("boiler", "flow")], "ha");
        Assert.Equal(
            [.. ((string[])["ha", "homeassistant"]).SelectMany(prefix => ((string[])[new DiscoveryIds("plant1").Gateway, "plant1_boiler"]).Select(id => ($"{prefix}/device/{id}/config", prefix != "ha"))).Order()],
            moved.Select(message => (message.Topic, message.Payload.IsEmpty)).Order());

        // At each start, since a broker that is away hears of it when it is back.
        for (var start = 0; start < 2; start++)
        {
            var cleared = Tell([Device("boiler", "flow")], null);
            Assert.All(cleared, message => Assert.True(message.Payload.IsEmpty));
            Assert.Equal(moved.Select(message => message.Topic).Order(), cleared.Select(message => message.Topic).Order());
        }

        Assert.All(Tell([Device("boiler", "flow")], "ha"), message => Assert.Equal(message.Payload.IsEmpty, message.Topic.StartsWith("homeassistant/", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_device_that_is_as_it_was_is_not_told_again()
    {
        var told = new List<ApplicationMessage>();
        var memory = Memory();
        var announcer = new DiscoveryAnnouncer("local", "plant1", Discovered.Publish(), "1.0.0", new Dictionary<string, string>(), (_, messages) => told.AddRange(messages));
        announcer.Announce([Points.Bus(Device("boiler", "flow"), Device("meter", "power"))], memory);
        told.Clear();
        announcer.Announce([Points.Bus(Device("boiler", "flow"), Device("meter", "power", "energy"))], memory);
        Assert.Equal("homeassistant/device/plant1_meter/config", Assert.Single(told).Topic);
    }

    [Fact]
    public void A_broker_that_is_no_longer_there_is_forgotten()
    {
        Announce([Device("boiler", "flow")]);
        Assert.NotNull(Memory().Find("local"));
        var memory = Memory("uplink cloud", "mqtt://cloud");
        Assert.Null(memory.Find("local"));
        Assert.Null(memory.Find("uplink cloud"));
    }

    [Fact]
    public void A_broker_whose_uplink_has_another_name_or_another_address_is_known()
    {
        var memory = Memory("uplink uplink", "mqtt://cloud");
        memory.Set("uplink uplink", new ToldDevices { Prefix = "homeassistant" });
        memory.Save();
        Assert.Equal("homeassistant", Memory("uplink cloud", "mqtt://cloud").Find("uplink cloud")?.Prefix);
        Assert.Equal("homeassistant", Memory("uplink uplink", "mqtts://cloud").Find("uplink uplink")?.Prefix);
        Assert.Null(Memory("uplink cloud", "mqtt://other").Find("uplink cloud"));
    }

    [Fact]
    public void However_much_goes_at_once_is_taken_back()
    {
        string[] names = [.. Enumerable.Range(0, 1200).Select(number => $"d{number}")];
        Announce([Device("boiler", "flow"), .. names.Select(name => Device(name, "flow"))]);
        for (var start = 0; start < 2; start++)
        {
            var told = Announce([Device("boiler", "flow")]);
            Assert.Equal(start == 0 ? 1200 : 1000, told.Values.Count(message => message.Payload.IsEmpty));
        }
    }

    [Fact]
    public void Names_of_any_form_make_identifiers_that_are_not_alike()
    {
        string[] names = ["a b", "a_b", "a.b", "größe", "gr__e", "a-b"];
        var ids = names.Select(new DiscoveryIds("plant 1").Of).Append(new DiscoveryIds("plant 1").Gateway).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^[a-zA-Z0-9_-]+$", id));
        Assert.NotEqual(new DiscoveryIds("a").Of("b_c"), new DiscoveryIds("a_b").Of("c"));
        Assert.Equal("plant1_boiler", new DiscoveryIds("plant1").Of("boiler"));
    }

    [Fact]
    public void A_memory_that_cannot_be_read_is_begun_anew()
    {
        File.WriteAllText(Path.Combine(_folder, "told.json"), "{ \"local\": [");
        Assert.Equal(["sensor_flow"], ComponentsOf(Announce([Device("boiler", "flow")])["plant1_boiler"]).Select(component => component.Key));
    }

    private DiscoveryMemory Memory(string place = "local", string url = "") =>
        new(Path.Combine(_folder, "told.json"), new Dictionary<string, string> { [place] = url });

    private static DeviceDefinition Device(string name, params string[] points) => Points.Device(name, [.. points.Select(point => Points.Point(point, device: name))]);

    private static JsonObject ComponentsOf(ApplicationMessage message) => JsonNode.Parse(message.Payload.Span)!["components"]!.AsObject();

    // Each by the identifier in its topic. A memory of its own: that of the run before is on the disk.
    private Dictionary<string, ApplicationMessage> Announce(DeviceDefinition[] devices) => Tell(devices, "homeassistant").ToDictionary(message => message.Topic.Split('/')[2]);

    private List<ApplicationMessage> Tell(DeviceDefinition[] devices, string? prefix)
    {
        var told = new List<ApplicationMessage>();
        var memory = Memory();
        var publish = new PublishOptions { Topic = PublishOptions.DefaultTopic, HomeAssistantPrefix = prefix };
        var announcer = new DiscoveryAnnouncer("local", "plant1", publish, "1.0.0", new Dictionary<string, string>(), (_, messages) => told.AddRange(messages));
        announcer.Announce([Points.Bus(devices)], memory);
        memory.Save();
        Assert.All(told, message => Assert.True(message.Retain));
        return told;
    }
}
