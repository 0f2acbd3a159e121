using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Publishing;

namespace Gateway.Runtime.Bridging;

/// <summary>
/// The topics of the gateway itself: its readings, its states, its devices' commands. The uplink sends and takes those, so the bridge
/// does not, and no answer to a command goes there. Thread-safe.
/// </summary>
/// <param name="site">The first level of the gateway's topics.</param>
/// <param name="publish">Where readings go, at the local broker and at each upstream.</param>
internal sealed class OwnTopics(string site, params PublishOptions[] publish)
{
    private readonly TopicTemplate[] _templates = [.. publish.Select(each => each.Topic).Distinct().Select(topic => new TopicTemplate(topic, site))];
    private readonly string _gateway = $"{site}/$gateway/";
    private readonly string _site = site + "/";
    private volatile HashSet<string> _readings = [];
    private volatile HashSet<string> _devices = [];

    /// <summary>Those of a configuration, without any devices yet.</summary>
    public static OwnTopics Of(GatewayOptions options) =>
        new(options.Site, [options.Publish.AtLocalBroker(), .. options.Uplinks.Select(uplink => uplink.Publish).OfType<PublishOptions>()]);

    /// <summary>The devices are others now.</summary>
    public void Set(IEnumerable<BusDefinition> buses)
    {
        var devices = buses.SelectMany(bus => bus.Devices).ToList();
        _readings =
        [
            .. from template in _templates
               from topic in publish[0].Per == PublishUnit.Device
                   ? devices.Select(device => template.Render(device.Name, ""))
                   : devices.SelectMany(device => device.AllPoints).Select(point => template.Render(point.DeviceName, point.Name))
               select topic,
        ];
        _devices = [.. devices.Select(device => device.Name)];
    }

    /// <summary>Whether a topic is one of them.</summary>
    public bool Contains(string topic)
    {
        if (topic.StartsWith(_gateway, StringComparison.Ordinal) || _readings.Contains(topic))
        {
            return true;
        }

        // {site}/{device}/$status, {site}/{device}/$state, {site}/{device}/{point}/set, {site}/{device}/{point}/result
        return topic.StartsWith(_site, StringComparison.Ordinal)
            && topic[_site.Length..].Split('/') is [var device, ..] levels
            && _devices.Contains(device)
            && levels is [_, "$status" or "$state"] or [_, _, "set" or "result"];
    }
}
