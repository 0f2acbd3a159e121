using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Publishing;
using Gateway.TestSupport;

namespace Gateway.Runtime.Tests.HomeAssistant;

/// <summary>What Home Assistant makes of the gateway's messages by the templates that it was told, rendered by the Jinja2 that it uses.</summary>
public class DiscoveryTemplateTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 1, 2, 3, 4, TimeSpan.Zero);
    private static readonly PointValue Pump = PointValue.From([PointValue.From("pump"), PointValue.From("bit-7")]);

    // Point, value, what Home Assistant is to see: 'None' is that it is not known, nothing that nothing was said.
    private static readonly (string Point, PointValue Value, string Json, string Bare)[] Cases =
    [
        ("flow_temperature", PointValue.From(21.50m), "21.5", "21.5"),
        ("flow_temperature", PointValue.None, "None", ""),
        ("setpoint", PointValue.From(22), "22", "22"),
        ("pump_running", PointValue.From(true), "True", "true"),
        ("pump_running", PointValue.From(false), "False", "false"),
        ("alarm", PointValue.From(true), "True", "true"),
        ("alarm", PointValue.None, "None", ""),
        ("mode", PointValue.From("eco"), "eco", "eco"),
        ("state", PointValue.From("it's \"on\""), "it's \"on\"", "it's \"on\""),
        ("state", PointValue.From(7), "None", "None"),
        ("state", PointValue.None, "None", "None"),
        ("faults", Pump, "pump, bit-7", "pump, bit-7"),
        ("faults", PointValue.None, "None", "None"),
        ("serial_number", PointValue.From("A1"), "A1", "A1"),
        ("label", PointValue.From("hall"), "hall", "hall"),
        ("label", PointValue.None, "before", ""),
    ];

    [PeerTheory(Peer.Jinja)]
    [InlineData(PayloadStyle.Json, PublishUnit.Point)]
    [InlineData(PayloadStyle.Json, PublishUnit.Device)]
    [InlineData(PayloadStyle.Value, PublishUnit.Point)]
    public async Task A_value_is_seen_as_what_it_is(PayloadStyle format, PublishUnit per)
    {
        var boiler = Boiler();
        var components = Discovered.Announce(boiler, Discovered.Publish(format, per))["components"]!.AsObject();
        var rendered = await RenderAsync(Cases.Select(each => (TemplateOf(components, each.Point), Payload(each.Point, each.Value, format, per))));
        Assert.Equal(Cases.Select(each => format == PayloadStyle.Value ? each.Bare : each.Json), rendered);
    }

    [PeerFact(Peer.Jinja)]
    public async Task A_poll_without_a_point_says_nothing_of_it()
    {
        var components = Discovered.Announce(Boiler(), Discovered.Publish(per: PublishUnit.Device))["components"]!.AsObject();
        var other = Payload("serial_number", PointValue.From("A1"), PayloadStyle.Json, PublishUnit.Device);
        foreach (var (state, expected) in Unsaid(exceptFor: "serial_number"))
        {
            Assert.Equal(expected.Values, await RenderAsync(expected.Keys.Select(name => (TemplateOf(components, name), other)), state));
        }
    }

    // Home Assistant shows each message as what is so now: after an outage that would be hours of what once was.
    [PeerTheory(Peer.Jinja)]
    [InlineData(PublishUnit.Point)]
    [InlineData(PublishUnit.Device)]
    public async Task What_is_of_the_past_says_nothing_of_the_present(PublishUnit per)
    {
        var components = Discovered.Announce(Boiler(), Discovered.Publish(per: per))["components"]!.AsObject();
        foreach (var (state, expected) in Unsaid())
        {
            // Of points of every 5 s the limit is a minute, of those that are told each ten minutes two of them and five seconds.
            foreach (var (isBacklog, age) in new[] { (true, 1), (false, 1206) })
            {
                var cases = expected.Keys.Select(name => (TemplateOf(components, name), Payload(name, ValueOf(name), PayloadStyle.Json, per, isBacklog)));
                Assert.Equal(expected.Values, await RenderAsync(cases, state, Time.AddSeconds(age)));
            }
        }
    }

    [PeerTheory(Peer.Jinja)]
    [InlineData("setpoint", 60, false, "22")]
    [InlineData("setpoint", 61, false, "")]
    [InlineData("setpoint", 61, true, "22")]
    [InlineData("flow_temperature", 1205, false, "22")]
    [InlineData("flow_temperature", 1206, false, "")]
    public async Task The_past_begins_when_a_value_expires_unless_the_clock_cannot_be_believed(string point, int age, bool isUnsynchronised, string expected)
    {
        var components = Discovered.Announce(Boiler())["components"]!.AsObject();
        var payload = Payload(point, PointValue.From(22), PayloadStyle.Json, PublishUnit.Point, isUnsynchronised: isUnsynchronised);
        Assert.Equal(expected, Assert.Single(await RenderAsync([(TemplateOf(components, point), payload)], now: Time.AddSeconds(age))));
    }

    [PeerFact(Peer.Jinja)]
    public async Task A_choice_is_sent_as_the_text_that_it_is()
    {
        var template = (string)Discovered.Announce(Boiler())["components"]!["select_mode"]!["command_template"]!;
        Assert.Equal("""{"value": "1"}""", Assert.Single(await RenderAsync([(template, "1")])));
    }

    [Fact]
    public void The_bits_of_switches_are_those_that_templates_show()
    {
        foreach (var (format, on, off) in new[] { (PayloadStyle.Json, "True", "False"), (PayloadStyle.Value, "true", "false") })
        {
            var components = Discovered.Announce(Boiler(), Discovered.Publish(format))["components"]!;
            var (relay, alarm) = (components["switch_pump_running"]!, components["binary_sensor_alarm"]!);
            Assert.Equal((on, off, "true", "false"), ((string?)relay["state_on"], (string?)relay["state_off"], (string?)relay["payload_on"], (string?)relay["payload_off"]));
            Assert.Equal((on, off), ((string?)alarm["payload_on"], (string?)alarm["payload_off"]));
        }
    }

    private static DeviceDefinition Boiler() => Discovered.Load(Path.Combine(Discovered.Data, "maps.yaml"))[0].Devices[0];

    // What a state becomes of which nothing is said: what takes texts would take an empty one, what takes none leaves it be.
    private static IEnumerable<(string State, Dictionary<string, string> Expected)> Unsaid(string? exceptFor = null)
    {
        foreach (var (state, sensor, text) in new[] { ("before", "before", "before"), ("unknown", "None", ""), ("unavailable", "None", "") })
        {
            var expected = new Dictionary<string, string>
            {
                ["flow_temperature"] = "",
                ["setpoint"] = "",
                ["pump_running"] = "",
                ["alarm"] = "",
                ["mode"] = "",
                ["state"] = sensor,
                ["faults"] = sensor,
                ["serial_number"] = sensor,
                ["label"] = text,
            };
            expected.Remove(exceptFor ?? "");
            yield return (state, expected);
        }
    }

    private static PointValue ValueOf(string point) => Cases.First(each => each.Point == point).Value;

    private static string TemplateOf(JsonObject components, string point) =>
        (string?)components.Single(member => member.Key.EndsWith("_" + point, StringComparison.Ordinal)).Value!["value_template"] ?? "{{ value }}";

    private static string Payload(string point, PointValue value, PayloadStyle format, PublishUnit per, bool isBacklog = false, bool isUnsynchronised = false)
    {
        var isMissing = value.Kind == PointValueKind.None;
        var measurement = new Measurement("boiler", point, value, Time, isMissing ? Quality.Bad : Quality.Good, isMissing ? "timeout" : null, null);
        var output = new ArrayBufferWriter<byte>();
        if (per == PublishUnit.Device)
        {
            PayloadWriter.WriteDeviceJson(output, [measurement], "plant1-1-000001", isBacklog, isUnsynchronised);
        }
        else if (format == PayloadStyle.Value)
        {
            PayloadWriter.WriteBareValue(output, value);
        }
        else
        {
            PayloadWriter.WriteJson(output, measurement, "plant1-1-000001", isBacklog, isUnsynchronised);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    // A second after the reading, unless the time is said.
    private static async Task<string[]> RenderAsync(IEnumerable<(string Template, string Payload)> cases, string state = "before", DateTimeOffset? now = null)
    {
        var input = JsonSerializer.Serialize(cases.Select(each => new { template = each.Template, payload = each.Payload, state, now = PayloadWriter.FormatTime(now ?? Time.AddSeconds(1)) }));
        await using var jinja = PeerProcess.Start(Peer.Python, [Path.Combine(AppContext.BaseDirectory, "render_templates.py")], input);
        var line = await jinja.WaitForLineAsync("rendered ");
        return JsonSerializer.Deserialize<string[]>(line["rendered ".Length..])!;
    }
}
