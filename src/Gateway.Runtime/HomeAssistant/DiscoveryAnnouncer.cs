using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;

namespace Gateway.Runtime.HomeAssistant;

/// <summary>Tells one broker of the devices, and takes back what is gone. One call at a time.</summary>
/// <param name="place">The broker's name in the memory.</param>
/// <param name="site">The site.</param>
/// <param name="publish">What is published at the broker; without a prefix, what was told earlier is taken back.</param>
/// <param name="version">The gateway's version.</param>
/// <param name="uplinks">Topics of uplinks that are told there, and their names.</param>
/// <param name="set">Takes a subject's newest message, to be sent now and after each connect; an empty one once.</param>
internal sealed class DiscoveryAnnouncer(
    string place, string site, PublishOptions publish, string version, IReadOnlyDictionary<string, string> uplinks, Action<string, IReadOnlyList<ApplicationMessage>> set)
{
    // Remembered of a device's components, and of devices. What has just gone is remembered first.
    private const int MostGone = 1000;

    private readonly DiscoveryMessages _messages = new(site, publish, version);
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _told = [];

    /// <summary>The devices are these now.</summary>
    public void Announce(IReadOnlyList<BusDefinition> buses, DiscoveryMemory memory)
    {
        var before = memory.Find(place) ?? new ToldDevices();
        var told = new ToldDevices { Prefix = publish.HomeAssistantPrefix ?? "" };
        var messages = new Dictionary<string, ApplicationMessage>();
        if (publish.HomeAssistantPrefix is { } prefix)
        {
            List<DiscoveredDevice> devices = [_messages.OfGateway(uplinks), .. buses.SelectMany(bus => bus.Devices).Select(_messages.Of)];
            foreach (var device in devices)
            {
                var components = before.Prefix == prefix ? before.Devices.GetValueOrDefault(device.Id, []) : [];
                var gone = components.Where(component => !device.Platforms.ContainsKey(component.Key)).Take(MostGone).ToList();
                told.Devices[device.Id] = device.Platforms.Concat(gone).ToDictionary();
                var message = _messages.Announce(device, gone);
                messages[message.Topic] = message;
            }
        }

        // Again at each start, since whether a broker that was away has heard of it nobody knows.
        var newlyGone = before.Devices.Keys.Select(id => DiscoveryMessages.TopicOf(before.Prefix, id)).Where(topic => !messages.ContainsKey(topic)).ToList();
        told.Cleared = [.. newlyGone.Concat(before.Cleared.Where(topic => !messages.ContainsKey(topic))).Distinct().Take(Math.Max(MostGone, newlyGone.Count))];
        foreach (var topic in told.Cleared)
        {
            messages[topic] = DiscoveryMessages.Forget(topic);
        }

        memory.Set(place, messages.Count > 0 ? told : null);
        Tell(messages);
    }

    // Where nothing has changed for a device, nobody needs to look at it again.
    private void Tell(Dictionary<string, ApplicationMessage> messages)
    {
        foreach (var (topic, message) in messages)
        {
            if (!_told.TryGetValue(topic, out var before) || !before.Span.SequenceEqual(message.Payload.Span))
            {
                _told[topic] = message.Payload;
                set($"$discovery/{topic}", [message]); // no device's name begins so
            }
        }

        foreach (var topic in _told.Keys.Where(topic => !messages.ContainsKey(topic)).ToList())
        {
            _told.Remove(topic);
        }
    }
}
