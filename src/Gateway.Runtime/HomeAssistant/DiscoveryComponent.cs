using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Publishing;

namespace Gateway.Runtime.HomeAssistant;

/// <summary>Makes the entity of a point: which platform shows it, where its values come from, what may be sent to it. Pure.</summary>
/// <param name="site">The first level of the topics of commands.</param>
/// <param name="publish">Where values go, as JSON or bare.</param>
internal sealed class DiscoveryComponent(string site, PublishOptions publish)
{
    // Seconds beyond two intervals after which a value is old: what a busy bus may be late by.
    private const int Grace = 5;

    // Seconds that a reading may be under way, and clocks may differ by, before it counts as one of the past.
    private const int LeastAge = 60;

    private const decimal SmallestStep = 0.001m; // Home Assistant's
    private const decimal LargestNumber = 1_000_000_000_000_000; // still exact to the step of 1 in Home Assistant's floats
    private const int LongestText = 255;

    private readonly TopicTemplate _topic = new(publish.Topic, site);

    private bool IsBare => publish.Format == PayloadStyle.Value;

    /// <summary>The entity, with everything but its identity.</summary>
    /// <param name="point">The point.</param>
    /// <param name="silence">How long nothing may be heard of it while all is well; null: for ever.</param>
    public JsonObject Of(PointDefinition point, TimeSpan? silence)
    {
        var content = PointContents.Of(point);
        var component = (content, point.Writable) switch
        {
            (PointContent.Bit, true) when point.Settings.IsWritten("pulse") => Button(point),
            (PointContent.Bit, true) => Switch(point, silence),
            (PointContent.Bit, false) => BinarySensor(point, silence),
            (PointContent.Choice, true) => Select(point, silence),
            (PointContent.Text, true) => Text(point, silence),
            (PointContent.Number or PointContent.Unknown, true) => Number(point, silence),
            _ => Sensor(point, content, silence),
        };
        component["name"] = NameOf(point.Name);
        return component;
    }

    /// <summary>A point's name for people: <c>flow_temperature</c> is <c>Flow temperature</c>.</summary>
    public static string NameOf(string name)
    {
        var words = name.Replace('_', ' ').Trim();
        return words.Length == 0 ? name : char.ToUpperInvariant(words[0]) + words[1..];
    }

    private JsonObject Sensor(PointDefinition point, PointContent content, TimeSpan? silence)
    {
        var component = WithState("sensor", point, silence, content == PointContent.Number ? "" : Unchanged("none"), content switch
        {
            PointContent.Choice when IsBare => value => $"{value} if {value} in {Literal(point.Enumeration!.Values)} else none",
            PointContent.Choice => TextOrNone,
            PointContent.List when IsBare => _ => "value_json | join(', ') if value else none",
            PointContent.List => value => $"{value} | join(', ') if {value} is not none else none",
            _ => null,
        });
        SetExpiry(component, silence);
        if (content == PointContent.Choice)
        {
            component["device_class"] = "enum";
            component["options"] = Options(point);
        }

        if (content == PointContent.Number)
        {
            var unit = SensorUnit.Of(point);
            Set(component, "unit_of_measurement", unit.Unit);
            Set(component, "device_class", unit.DeviceClass);
            Set(component, "state_class", unit.StateClass);
            if (point.Decimals is { } decimals)
            {
                component["suggested_display_precision"] = decimals;
            }
        }

        return component;
    }

    private JsonObject BinarySensor(PointDefinition point, TimeSpan? silence)
    {
        var component = WithState("binary_sensor", point, silence);
        SetExpiry(component, silence);
        component["payload_on"] = Bit(true);
        component["payload_off"] = Bit(false);
        return component;
    }

    private JsonObject Switch(PointDefinition point, TimeSpan? silence)
    {
        var component = WithCommand(WithState("switch", point, silence), point);
        component["payload_on"] = "true";
        component["payload_off"] = "false";
        component["state_on"] = Bit(true);
        component["state_off"] = Bit(false);
        return component;
    }

    private static JsonObject AsText(JsonObject component)
    {
        // Bare, the text '1' would be a number.
        component["command_template"] = "{{ {'value': value} | to_json }}";
        return component;
    }

    private JsonObject Button(PointDefinition point)
    {
        var component = WithCommand(new JsonObject { ["platform"] = "button" }, point);
        component["payload_press"] = "true";
        return component;
    }

    private JsonObject Select(PointDefinition point, TimeSpan? silence)
    {
        var component = AsText(WithCommand(WithState("select", point, silence, make: IsBare ? null : TextOrNone), point));
        component["options"] = Options(point);
        return component;
    }

    private JsonObject Text(PointDefinition point, TimeSpan? silence)
    {
        var component = AsText(WithCommand(WithState("text", point, silence, Unchanged("''"), takesNone: false), point));
        component["max"] = LongestText;
        return component;
    }

    private JsonObject Number(PointDefinition point, TimeSpan? silence)
    {
        var component = WithCommand(WithState("number", point, silence), point);
        var (minimum, maximum) = RangeOf(point);
        component["min"] = minimum;
        component["max"] = maximum;
        component["step"] = StepOf(point);
        component["mode"] = "box";
        var unit = SensorUnit.Of(point);
        Set(component, "unit_of_measurement", unit.Unit);
        Set(component, "device_class", unit.DeviceClass);
        return component;
    }

    // What is read outside of the range Home Assistant does not show: so it is the whole one of the type, where nobody wrote another.
    private static (decimal Minimum, decimal Maximum) RangeOf(PointDefinition point)
    {
        var (one, other) = RawRangeOf(point.Settings) is var (least, most)
            ? (Scale(point, least), Scale(point, most))
            : (-LargestNumber, LargestNumber);
        var minimum = point.WriteMinimum ?? point.Minimum ?? Math.Min(one, other);
        var maximum = point.WriteMaximum ?? point.Maximum ?? Math.Max(one, other);
        return minimum < maximum ? (minimum, maximum) : (minimum, minimum + 1);
    }

    private static (decimal Least, decimal Most)? RawRangeOf(Settings settings) =>
        settings.IsWritten("pwm") ? (0, 100)
        : settings.IsWritten("bits") || !settings.TryGet<object>("type", out var type) ? null
        : (type as string) switch
        {
            "uint8" => (byte.MinValue, byte.MaxValue),
            "int8" => (sbyte.MinValue, sbyte.MaxValue),
            "uint16" => (ushort.MinValue, ushort.MaxValue),
            "int16" => (short.MinValue, short.MaxValue),
            "uint32" => (uint.MinValue, uint.MaxValue),
            "int32" => (int.MinValue, int.MaxValue),
            _ => null,
        };

    // Binary, which no scale is too large for.
    private static decimal Scale(PointDefinition point, decimal raw) =>
        (decimal)Math.Clamp(((double)raw * (double)point.Scale) + (double)point.Offset, (double)-LargestNumber, (double)LargestNumber);

    private static decimal StepOf(PointDefinition point)
    {
        if (point.Decimals is { } decimals)
        {
            return Math.Max(SmallestStep, (decimal)Math.Pow(10, -decimals));
        }

        var isFraction = !point.Settings.TryGet<object>("type", out var type) || (type as string)?.StartsWith("float", StringComparison.Ordinal) is true;
        return isFraction ? SmallestStep : Math.Clamp(Math.Abs(point.Scale), SmallestStep, LargestNumber);
    }

    /// <param name="platform">The platform.</param>
    /// <param name="point">The point.</param>
    /// <param name="silence">How long nothing may be heard of it.</param>
    /// <param name="unchanged">What the template says where a message says nothing of the present: nothing, where the platform leaves its state be then.</param>
    /// <param name="make">The expression that is made of the value's; null: the value is taken as it is.</param>
    /// <param name="takesNone">Whether the platform takes None for a value that is not known.</param>
    private JsonObject WithState(string platform, PointDefinition point, TimeSpan? silence, string unchanged = "", Func<string, string>? make = null, bool takesNone = true)
    {
        var isOfDevice = publish.Per == PublishUnit.Device;
        var component = new JsonObject { ["platform"] = platform, ["state_topic"] = _topic.Render(point.DeviceName, isOfDevice ? "" : point.Name) };
        if (isOfDevice)
        {
            // A poll has the points that were due: of another nothing is said, which is not that it has no value.
            var key = Literal(point.Name);
            var ofErrors = takesNone ? $"{{% elif {key} in m.get('errors', {{}}) %}}None" : "";
            component["value_template"] = $"{Present(silence)}{{% set v = m.get('values', {{}}) %}}{{% if {key} in v %}}{{{{ {Make($"v[{key}]")} }}}}{ofErrors}{{% else %}}{unchanged}{{% endif %}}";
        }
        else if (!IsBare)
        {
            var isSaid = takesNone ? "'value' in m" : "m.get('value') is not none";
            component["value_template"] = $"{Present(silence)}{{% if {isSaid} %}}{{{{ {Make("m.value")} }}}}{{% else %}}{unchanged}{{% endif %}}";
        }
        else if (make is not null)
        {
            component["value_template"] = $"{{{{ {make("value")} }}}}";
        }

        return component;

        string Make(string value) => make?.Invoke(value) ?? value;
    }

    // The message, or nothing of it: what comes after an outage is news for an archive, but not of the present. Where the clock cannot be believed, ages cannot either.
    private static string Present(TimeSpan? silence) =>
        silence is { } span
            ? $"{{% set m = {{}} if 'backlog' in value_json or ('clock' not in value_json and now().timestamp() - as_timestamp(value_json.time) > {Math.Max(ExpiryOf(span), LeastAge)}) else value_json %}}"
            : "{% set m = {} if 'backlog' in value_json else value_json %}";

    // Platforms that take texts take an empty one for a text, too.
    private static string Unchanged(string otherwise) => $"{{{{ this.state if this.state not in ['unknown', 'unavailable'] else {otherwise} }}}}";

    // The number of an enumeration that the map does not know is no option.
    private static string TextOrNone(string value) => $"{value} if {value} is string else none";

    private JsonObject WithCommand(JsonObject component, PointDefinition point)
    {
        component["command_topic"] = $"{site}/{point.DeviceName}/{point.Name}/set";
        return component;
    }

    // As a template shows a bit: that of JSON is one of Python.
    private string Bit(bool value) => (IsBare, value) switch
    {
        (true, true) => "true",
        (true, false) => "false",
        (false, true) => "True",
        _ => "False",
    };

    private static JsonArray Options(PointDefinition point) => [.. point.Enumeration!.Values.Distinct().Select(text => (JsonNode)text)];

    private static int ExpiryOf(TimeSpan silence) => (int)Math.Ceiling((2 * silence.TotalSeconds) + Grace);

    private static void SetExpiry(JsonObject component, TimeSpan? silence)
    {
        if (silence is { } span)
        {
            component["expire_after"] = ExpiryOf(span);
        }
    }

    // JSON's texts and lists of texts are Jinja's, too.
    private static string Literal<T>(T value) => JsonSerializer.Serialize(value);

    private static void Set(JsonObject component, string key, string? value)
    {
        if (value is not null)
        {
            component[key] = value;
        }
    }
}
