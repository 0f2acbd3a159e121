using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;

namespace Gateway.Runtime.Configuration;

/// <summary>Turns the section <c>bridge</c> into options.</summary>
internal sealed class BridgeReader(UplinkReader connections, ICollection<Diagnostic> diagnostics)
{
    private static readonly string[] WithUrl = ["protocol", "username", "password-file", "authentication", "fail-back", "ack-timeout", "park-after", "follow-references", "tls"];

    /// <summary>The options; null where something is wrong, which is reported.</summary>
    public BridgeOptions? Read(Settings bridge, string site, IReadOnlyList<UplinkOptions> uplinks, IReadOnlyList<Uri> ownListeners)
    {
        var topics = ReadTopics(bridge, site);
        var connection = bridge.IsWritten("url") ? connections.Read(bridge, site, ownListeners) : TakeFromUplink(bridge, site, uplinks);
        var uplink = uplinks.FirstOrDefault(uplink => connection is not null && connection.Urls.Intersect(uplink.Urls).Any());
        if (connection is not null && connection.ClientId == uplink?.ClientId)
        {
            Refuse(bridge, "client-id", $"the uplink is '{uplink.ClientId}' already: two connections with one client identifier throw each other out");
        }

        return connection is null ? null : new BridgeOptions
        {
            Connection = connection,
            IsUplinkBroker = uplink is not null,
            Topics = topics,
        };
    }

    private UplinkOptions? TakeFromUplink(Settings bridge, string site, IReadOnlyList<UplinkOptions> uplinks)
    {
        if (uplinks.Count > 1)
        {
            diagnostics.Add(Diagnostic.Error(bridge.Location, "bridge needs 'url' where there are several uplinks: it goes to one broker"));
            return null;
        }

        if (uplinks is not [var uplink])
        {
            diagnostics.Add(Diagnostic.Error(bridge.Location, "bridge needs 'url', for example url: mqtt://broker.example.org:1883, or an 'uplink' whose broker it takes"));
            return null;
        }

        foreach (var key in WithUrl.Where(bridge.IsWritten))
        {
            Refuse(bridge, key, $"'{key}' goes with a 'url' of the bridge; without one it takes the uplink's broker and credentials");
        }

        return uplink with { Publish = null, ClientId = bridge.TryGet<string>("client-id", out var clientId) ? clientId : site + UplinkReader.OfBridge.ClientIdEnding };
    }

    private List<BridgeTopic> ReadTopics(Settings bridge, string site)
    {
        var topics = new List<BridgeTopic>();
        if (!bridge.TryGet<IReadOnlyList<Settings>>("topics", out var written))
        {
            return topics;
        }

        if (written.Count == 0)
        {
            Refuse(bridge, "topics", "'topics' is an empty list; name what is passed on, or remove 'bridge'");
        }

        foreach (var entry in written)
        {
            if (ReadTopic(entry, site) is not { } topic)
            {
                continue;
            }

            if (topics.Exists(other => topic.IsOut && other.IsOut && topic.LocalFilter == other.LocalFilter))
            {
                Refuse(entry, "pattern", $"'{topic.LocalFilter}' goes out already by an entry above; only the first would count");
            }
            else if (topics.Exists(other => topic.IsIn && other.IsIn && topic.RemoteFilter == other.RemoteFilter))
            {
                Refuse(entry, "pattern", $"'{topic.RemoteFilter}' comes in already by an entry above; only the first would count");
            }

            topics.Add(topic);
        }

        return topics;
    }

    private BridgeTopic? ReadTopic(Settings entry, string site)
    {
        var local = ReadPrefix(entry, "local-prefix", site);
        var remote = ReadPrefix(entry, "remote-prefix", site);
        if (!entry.TryGet<string>("pattern", out var pattern) || local is null || remote is null)
        {
            return null;
        }

        var direction = entry.TryGet<string>("direction", out var text) ? text : "out";
        var topic = new BridgeTopic
        {
            Pattern = pattern,
            IsOut = direction is "out" or "both",
            IsIn = direction is "in" or "both",
            QoS = entry.TryGet<long>("qos", out var qos) ? (QualityOfService)qos : QualityOfService.AtLeastOnce,
            LocalPrefix = local,
            RemotePrefix = remote,
        };
        if (RefusePattern(topic) is { } message)
        {
            Refuse(entry, "pattern", message);
            return null;
        }

        return topic;
    }

    private static string? RefusePattern(BridgeTopic topic)
    {
        if (TopicFilter.IsShared(topic.Pattern) || TopicFilter.IsShared(topic.LocalFilter) || TopicFilter.IsShared(topic.RemoteFilter))
        {
            return "a bridge takes part in no shared subscription; leave out '$share'";
        }

        if (topic.LocalFilter.Length == 0 || topic.RemoteFilter.Length == 0)
        {
            return "an empty 'pattern' needs both prefixes: they are the topics then";
        }

        return TopicFilter.IsValid(topic.LocalFilter) && TopicFilter.IsValid(topic.RemoteFilter)
            ? null
            : $"'{FindWrongFilter(topic)}' is no topic filter: # stands last and + alone between slashes, a prefix before them ends with a slash";
    }

    private string? ReadPrefix(Settings entry, string key, string site)
    {
        var prefix = entry.TryGet<string>(key, out var written) ? written.Replace("{site}", site, StringComparison.Ordinal) : "";
        if (prefix.IndexOfAny(['+', '#', '{', '}', '\0']) is var at and >= 0)
        {
            Refuse(entry, key, prefix[at] is '+' or '#'
                ? $"'{key}' must not have the wildcard '{prefix[at]}'; wildcards belong in 'pattern'"
                : $"'{key}' knows the placeholder {{site}} only, found '{written}'");
            return null;
        }

        return prefix;
    }

    private static string FindWrongFilter(BridgeTopic topic) => TopicFilter.IsValid(topic.LocalFilter) ? topic.RemoteFilter : topic.LocalFilter;

    private void Refuse(Settings settings, string key, string message) => diagnostics.Add(Diagnostic.Error(settings.Locate(key), message));
}
