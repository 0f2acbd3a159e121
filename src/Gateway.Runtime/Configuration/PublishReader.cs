using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Publishing;

namespace Gateway.Runtime.Configuration;

/// <summary>Turns the section <c>publish</c> into options, and what an uplink has of the same keys.</summary>
internal static class PublishReader
{
    /// <summary>Where Home Assistant looks for devices unless it is told otherwise.</summary>
    public const string DefaultHomeAssistantPrefix = "homeassistant";

    /// <summary>The gateway's own.</summary>
    public static PublishOptions Read(Settings publish, ICollection<Diagnostic> diagnostics)
    {
        var per = publish.TryGet<string>("per", out var unit) && unit == "device" ? PublishUnit.Device : PublishUnit.Point;
        return Read(publish, new PublishOptions { Topic = PublishOptions.DefaultTopic, Per = per }, diagnostics);
    }

    /// <summary>An uplink's, which is the gateway's where it says nothing else.</summary>
    public static PublishOptions Read(Settings publish, PublishOptions basis, ICollection<Diagnostic> diagnostics)
    {
        var format = ReadFormat(publish, basis);
        if (basis.Per == PublishUnit.Device && format == PayloadStyle.Value && format != basis.Format)
        {
            diagnostics.Add(Diagnostic.Error(publish.Locate("format"), "a bare value cannot hold the points of a device; use format: json or per: point"));
        }

        return basis with
        {
            Topic = ReadTopic(publish, basis, format, diagnostics),
            Format = format,
            Template = ReadTemplate(publish, basis, format, diagnostics),
            Retain = format != PayloadStyle.ThingsBoard && (publish.TryGet<bool>("retain", out var retain) ? retain : basis.Retain),
            HomeAssistantPrefix = ReadHomeAssistant(publish, basis, format, diagnostics),
        };
    }

    private static PayloadStyle ReadFormat(Settings publish, PublishOptions basis) => !publish.TryGet<string>("format", out var name) ? basis.Format : name switch
    {
        "value" => PayloadStyle.Value,
        "influx" => PayloadStyle.Influx,
        "thingsboard" => PayloadStyle.ThingsBoard,
        "template" => PayloadStyle.Template,
        _ => PayloadStyle.Json,
    };

    private static string ReadTopic(Settings publish, PublishOptions basis, PayloadStyle format, ICollection<Diagnostic> diagnostics)
    {
        var topic = publish.TryGet<string>("topic", out var written) ? written : basis.Topic;
        if (format != PayloadStyle.ThingsBoard)
        {
            TopicTemplateRules.Check(publish, basis.Per, diagnostics);
            return basis.Format == PayloadStyle.ThingsBoard && !publish.IsWritten("topic") ? PublishOptions.DefaultTopic : topic;
        }

        if (topic is ThingsBoardTelemetry.GatewayTopic or ThingsBoardTelemetry.DeviceTopic)
        {
            return topic;
        }

        if (publish.IsWritten("topic"))
        {
            diagnostics.Add(Diagnostic.Error(publish.Locate("topic"), $"with format: thingsboard 'topic' is {ThingsBoardTelemetry.GatewayTopic}, where each device is one of ThingsBoard's, or {ThingsBoardTelemetry.DeviceTopic}, where the gateway is the only one; found '{topic}'"));
        }

        return ThingsBoardTelemetry.GatewayTopic;
    }

    private static string? ReadTemplate(Settings publish, PublishOptions basis, PayloadStyle format, ICollection<Diagnostic> diagnostics)
    {
        var template = publish.TryGet<string>("template", out var written) ? written : basis.Template;
        if (format != PayloadStyle.Template)
        {
            if (publish.IsWritten("template"))
            {
                diagnostics.Add(Diagnostic.Error(publish.Locate("template"), "'template' has an effect only with format: template; write that beside it"));
            }

            return null;
        }

        if (template is null)
        {
            var example = basis.Per == PublishUnit.Device ? "{\"at\":\"{time}\",\"data\":\"{values}\"}" : "{\"v\":\"{value}\",\"at\":\"{time}\"}";
            diagnostics.Add(Diagnostic.Error(publish.Locate("format"), $"format: template needs 'template' beside it, such as template: '{example}'"));
        }
        else if (publish.IsWritten("template") && PayloadTemplate.Parse(template, basis.Per, out var error) is null)
        {
            diagnostics.Add(Diagnostic.Error(publish.Locate("template"), $"'template' {error}"));
        }

        return template;
    }

    private static string? ReadHomeAssistant(Settings publish, PublishOptions basis, PayloadStyle format, ICollection<Diagnostic> diagnostics)
    {
        var isOn = publish.TryGet<bool>("home-assistant", out var written) ? written : basis.HomeAssistantPrefix is not null;
        var prefix = publish.TryGet<string>("home-assistant-prefix", out var text) ? text : basis.HomeAssistantPrefix;
        if (publish.IsWritten("home-assistant-prefix") && RefusePrefix(prefix!) is { } reason)
        {
            diagnostics.Add(Diagnostic.Error(publish.Locate("home-assistant-prefix"), $"'{prefix}' cannot be the prefix of Home Assistant's topics: {reason}"));
        }

        if (!isOn)
        {
            return null;
        }

        if (format is PayloadStyle.Json or PayloadStyle.Value)
        {
            return prefix ?? DefaultHomeAssistantPrefix;
        }

        if (publish.IsWritten("home-assistant"))
        {
            diagnostics.Add(Diagnostic.Error(publish.Locate("home-assistant"), "Home Assistant reads format: json and format: value; use one of those where 'home-assistant' is true"));
        }

        return null;
    }

    private static string? RefusePrefix(string prefix) => prefix switch
    {
        "" => "it is empty",
        { Length: > 200 } => "it is longer than 200 characters",
        ['$', ..] => "a '$' at the beginning is reserved",
        _ when prefix.StartsWith('/') || prefix.EndsWith('/') => "it begins or ends with a slash",
        _ when prefix.Any(c => c is '+' or '#' || char.IsControl(c)) => "it has a wildcard or a control character",
        _ => null,
    };
}
