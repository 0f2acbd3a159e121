using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Publishing;

namespace Gateway.Runtime.Bridging;

/// <summary>
/// The topics of the gateway itself: its readings, its states, its devices' commands. The uplink sends and takes those, so the bridge
/// does not. Thread-safe.
/// </summary>
internal sealed class OwnTopics(string site, PublishOptions publish)
{
    private readonly TopicTemplate _template = new(publish.Topic, site);
    private readonly string _gateway = $"{site}/$gateway/";
    private readonly string _site = site + "/";
    private volatile HashSet<string> _readings = [];
    private volatile HashSet<string> _devices = [];

    /// <summary>The devices are others now.</summary>
    public void Set(IEnumerable<BusDefinition> buses)
    {
        var devices = buses.SelectMany(bus => bus.Devices).ToList();
        _readings =
        [
            .. publish.Per == PublishUnit.Device
                ? devices.Select(device => _template.Render(device.Name, ""))
                : devices.SelectMany(device => device.AllPoints).Select(point => _template.Render(point.DeviceName, point.Name)),
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
