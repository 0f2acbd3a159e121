using Gateway.Abstractions.Definitions;
using Gateway.Runtime.HomeAssistant;

namespace Gateway.Runtime.Tests.HomeAssistant;

/// <summary>The entities of the example's points, whole.</summary>
public class DiscoveryComponentTests
{
    [Theory]
    [InlineData("boiler", "flow_temperature", """{"platform":"sensor","state_topic":"plant1/boiler/flow_temperature","value_template":"{% set m = {} if 'backlog' in value_json or ('clock' not in value_json and now().timestamp() - as_timestamp(value_json.time) > 1205) else value_json %}{% if 'value' in m %}{{ m.value }}{% else %}{% endif %}","expire_after":1205,"unit_of_measurement":"°C","device_class":"temperature","state_class":"measurement","suggested_display_precision":1,"name":"Flow temperature"}""")]
    [InlineData("boiler", "energy", """{"platform":"sensor","state_topic":"plant1/boiler/energy","value_template":"{% set m = {} if 'backlog' in value_json or ('clock' not in value_json and now().timestamp() - as_timestamp(value_json.time) > 125) else value_json %}{% if 'value' in m %}{{ m.value }}{% else %}{% endif %}","expire_after":125,"unit_of_measurement":"kWh","device_class":"energy","state_class":"total_increasing","name":"Energy"}""")]
    [InlineData("boiler", "setpoint", """{"platform":"number","state_topic":"plant1/boiler/setpoint","value_template":"{% set m = {} if 'backlog' in value_json or ('clock' not in value_json and now().timestamp() - as_timestamp(value_json.time) > 60) else value_json %}{% if 'value' in m %}{{ m.value }}{% else %}{% endif %}","command_topic":"plant1/boiler/setpoint/set","min":10,"max":30,"step":0.5,"mode":"box","unit_of_measurement":"°C","device_class":"temperature","name":"Setpoint"}""")]
    [InlineData("boiler", "offset", """{"platform":"number","state_topic":"plant1/boiler/offset","value_template":"{% set m = {} if 'backlog' in value_json or ('clock' not in value_json and now().timestamp() - as_timestamp(value_json.time) > 60) else value_json %}{% if 'value' in m %}{{ m.value }}{% else %}{% endif %}","command_topic":"plant1/boiler/offset/set","min":-327.68,"max":327.67,"step":0.01,"mode":"box","name":"Offset"}""")]
    [InlineData("boiler", "pump_running", """{"platform":"switch","state_topic":"plant1/boiler/pump_running","value_template":"{% set m = {} if 'backlog' in value_json or ('clock' not in value_json and now().timestamp() - as_timestamp(value_json.time) > 60) else value_json %}{% if 'value' in m %}{{ m.value }}{% else %}{% endif %}","command_topic":"plant1/boiler/pump_running/set","payload_on":"true","payload_off":"false","state_on":"True","state_off":"False","name":"Pump running"}""")]
    [InlineData("boiler", "alarm", """{"platform":"binary_sensor","state_topic":"plant1/boiler/alarm","value_template":"{% set m = {} if 'backlog' in value_json or ('clock' not in value_json and now().timestamp() - as_timestamp(value_json.time) > 60) else value_json %}{% if 'value' in m %}{{ m.value }}{% else %}{% endif %}","expire_after":15,"payload_on":"True","payload_off":"False","name":"Alarm"}""")]
    [InlineData("boiler", "serial_number", """{"platform":"sensor","state_topic":"plant1/boiler/serial_number","value_template":"{% set m = {} if 'backlog' in value_json or ('clock' not in value_json and now().timestamp() - as_timestamp(value_json.time) > 60) else value_json %}{% if 'value' in m %}{{ m.value }}{% else %}{{ this.state if this.state not in ['unknown', 'unavailable'] else none }}{% endif %}","expire_after":15,"name":"Serial number"}""")]
    [InlineData("garage", "bell", """{"platform":"button","command_topic":"plant1/garage/bell/set","payload_press":"true","name":"Bell"}""")]
    [InlineData("garage", "water_meter", """{"platform":"sensor","state_topic":"plant1/garage/water_meter","value_template":"{% set m = {} if 'backlog' in value_json or ('clock' not in value_json and now().timestamp() - as_timestamp(value_json.time) > 60) else value_json %}{% if 'value' in m %}{{ m.value }}{% else %}{% endif %}","expire_after":25,"unit_of_measurement":"m³","device_class":"water","state_class":"total_increasing","name":"Water meter"}""")]
    public void A_point_is_the_entity_that_suits_it(string deviceName, string pointName, string expected)
    {
        var device = Discovered.Load(Path.Combine(Discovered.Data, "maps.yaml")).SelectMany(bus => bus.Devices).Single(each => each.Name == deviceName);
        var component = new DiscoveryComponent("plant1", Discovered.Publish()).Of(device.AllPoints.Single(each => each.Name == pointName), PointSilence.Of(device)[pointName]);
        Assert.Equal(expected, component.ToJsonString(Discovered.Json));
    }

    // Its points have the type of registers as default, which says nothing of pins.
    [Theory]
    [InlineData("contact", "binary_sensor")]
    [InlineData("lamp", "switch")]
    [InlineData("door", "button")]
    public void A_pin_of_an_expander_is_what_a_line_is(string point, string platform)
    {
        var pins = Discovered.Load(Path.Combine(Discovered.Data, "maps.yaml")).SelectMany(bus => bus.Devices).Single(each => each.Name == "pins");
        var component = new DiscoveryComponent("plant1", Discovered.Publish()).Of(pins.Points.Single(each => each.Name == point), null);
        Assert.Equal(platform, (string?)component["platform"]);
    }

    [Fact]
    public void A_number_of_any_scale_has_limits_that_Home_Assistant_takes()
    {
        var component = new DiscoveryComponent("plant1", Discovered.Publish()).Of(Points.Point(writable: true, scale: decimal.MaxValue), null);
        Assert.True((decimal)component["min"]! < (decimal)component["max"]!);
    }

    // Home Assistant shows nothing of a number outside of its range.
    [Theory]
    [InlineData("uint32", 0, 4294967295)]
    [InlineData("int32", -2147483648, 2147483647)]
    [InlineData("uint8", 0, 255)]
    [InlineData("float32", -1e15, 1e15)]
    [InlineData("uint64", -1e15, 1e15)]
    public void A_number_has_the_range_of_its_type(string type, double minimum, double maximum)
    {
        var settings = new Settings(new Dictionary<string, object> { ["type"] = type }, new Dictionary<string, SourceLocation>(), new SourceLocation("test.yaml", 1, 1));
        var point = new PointDefinition { DeviceName = "boiler", Name = "flow", Every = TimeSpan.FromSeconds(1), Writable = true, Settings = settings };
        var component = new DiscoveryComponent("plant1", Discovered.Publish()).Of(point, null);
        Assert.Equal((minimum, maximum), ((double)(decimal)component["min"]!, (double)(decimal)component["max"]!));
    }
}
