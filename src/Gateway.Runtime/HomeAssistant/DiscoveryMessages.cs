using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Publishing;

namespace Gateway.Runtime.HomeAssistant;

/// <summary>What one broker is told of a device: its message, and the platform of each component in it.</summary>
/// <param name="Id">The device's identifier.</param>
/// <param name="Body">The message's body, without components that are gone.</param>
/// <param name="Platforms">Component → platform.</param>
internal sealed record DiscoveredDevice(string Id, JsonObject Body, IReadOnlyDictionary<string, string> Platforms);

/// <summary>Makes the retained messages by which devices announce themselves: Home Assistant's MQTT discovery by device. Pure.</summary>
/// <param name="site">The site.</param>
/// <param name="publish">What is published at the broker, with the prefix.</param>
/// <param name="version">The gateway's version.</param>
internal sealed class DiscoveryMessages(string site, PublishOptions publish, string version)
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly DiscoveryIds _ids = new(site);
    private readonly DiscoveryComponent _component = new(site, publish);
    private readonly StatusTopics _status = new(site);

    /// <summary>A device with its points.</summary>
    public DiscoveredDevice Of(DeviceDefinition device)
    {
        var id = _ids.Of(device.Name);
        var about = new JsonObject { ["identifiers"] = new JsonArray(id), ["name"] = DiscoveryComponent.NameOf(device.Name), ["via_device"] = _ids.Gateway };
        if (device.Profile?.Split('/') is [var maker, var model])
        {
            (about["manufacturer"], about["model"]) = (maker, model);
        }
        else if (device.Settings.TryGet<object>("sensor", out var sensor) && sensor is string chip)
        {
            about["model"] = chip;
        }

        var silences = PointSilence.Of(device);
        var components = device.AllPoints.Select(point => (point.Name, Body: _component.Of(point, silences[point.Name])));
        return Build(id, about, components, [_status.GatewayTopic, _status.DeviceTopic(device.Name)]);
    }

    /// <summary>The gateway itself: whether it is there, its queue, its clock and, at the local broker, its uplinks.</summary>
    /// <param name="uplinks">Topics of uplinks and their names.</param>
    public DiscoveredDevice OfGateway(IReadOnlyDictionary<string, string> uplinks)
    {
        var about = new JsonObject { ["identifiers"] = new JsonArray(_ids.Gateway), ["name"] = $"Gateway {site}", ["sw_version"] = version };
        var queue = $"{site}/$gateway/queue";
        List<(string, JsonObject)> components =
        [
            ("status", State("binary_sensor", _status.GatewayTopic, "Status", null, ("device_class", "connectivity"), ("payload_on", "online"), ("payload_off", "offline"))),
            ("queue", State("sensor", $"{queue}/depth", "Queue", null, ("state_class", "measurement"), ("unit_of_measurement", "readings"))),
            ("dropped", State("sensor", queue, "Dropped", "{{ value_json.dropped }}", ("state_class", "total_increasing"), ("unit_of_measurement", "readings"))),
            ("parked", State("sensor", queue, "Parked", "{{ value_json.parked }}", ("state_class", "measurement"), ("unit_of_measurement", "readings"))),
            ("disk", State("binary_sensor", queue, "Queue's disk", "{{ 'ON' if value_json.problem else 'OFF' }}", ("device_class", "problem"))),
            ("clock", State("binary_sensor", $"{site}/$gateway/clock", "Clock", null, ("device_class", "problem"), ("payload_on", PayloadWriter.Unsynchronised), ("payload_off", "synchronised"))),
            .. uplinks.Select(uplink => ($"uplink_{uplink.Value}", State(
                "binary_sensor", uplink.Key, uplink.Value == UplinkOptions.DefaultName ? "Uplink" : $"Uplink {uplink.Value}", "{{ value_json.status }}", ("device_class", "connectivity"), ("payload_on", "connected"), ("payload_off", "away")))),
        ];

        // When the gateway is gone, so is what it said of itself, but for that it is gone.
        foreach (var (_, body) in components.Skip(1))
        {
            body["availability"] = Availability(_status.GatewayTopic);
        }

        return Build(_ids.Gateway, about, components, []);
    }

    /// <summary>The message of a device, with the components that it once had and that are to be forgotten.</summary>
    public ApplicationMessage Announce(DiscoveredDevice device, IEnumerable<KeyValuePair<string, string>> gone)
    {
        var body = (JsonObject)device.Body.DeepClone();
        var components = (JsonObject)body["components"]!;
        foreach (var (component, platform) in gone)
        {
            components[component] = new JsonObject { ["platform"] = platform };
        }

        return Retained(TopicOf(publish.HomeAssistantPrefix!, device.Id), JsonSerializer.SerializeToUtf8Bytes(body, Json));
    }

    /// <summary>The message that has a device forgotten.</summary>
    public static ApplicationMessage Forget(string topic) => Retained(topic, []);

    /// <summary>Where a device announces itself.</summary>
    public static string TopicOf(string prefix, string id) => $"{prefix}/device/{id}/config";

    private static ApplicationMessage Retained(string topic, byte[] payload) =>
        new() { Topic = topic, Payload = payload, QoS = QualityOfService.AtLeastOnce, Retain = true };

    private static JsonArray Availability(params string[] topics) => [.. topics.Select(topic => (JsonNode)new JsonObject { ["topic"] = topic })];

    private static JsonObject State(string platform, string topic, string name, string? template, params (string Key, string Value)[] more)
    {
        var component = new JsonObject { ["platform"] = platform, ["state_topic"] = topic, ["name"] = name, ["entity_category"] = "diagnostic" };
        if (template is not null)
        {
            component["value_template"] = template;
        }

        foreach (var (key, value) in more)
        {
            component[key] = value;
        }

        return component;
    }

    private DiscoveredDevice Build(string id, JsonObject about, IEnumerable<(string Name, JsonObject Body)> members, string[] availability)
    {
        var components = new JsonObject();
        var platforms = new Dictionary<string, string>();
        foreach (var (name, body) in members)
        {
            var platform = (string)body["platform"]!;
            var component = DiscoveryIds.OfComponent(platform, name);
            body["unique_id"] = $"{id}_{component}";
            components[component] = body;
            platforms[component] = platform;
        }

        var message = new JsonObject
        {
            ["device"] = about,
            ["origin"] = new JsonObject { ["name"] = "gateway", ["sw_version"] = version },
            ["components"] = components,
            ["qos"] = 1,
        };
        if (availability.Length > 0)
        {
            message["availability"] = Availability(availability);
            message["availability_mode"] = "all";
        }

        return new DiscoveredDevice(id, message, platforms);
    }
}
