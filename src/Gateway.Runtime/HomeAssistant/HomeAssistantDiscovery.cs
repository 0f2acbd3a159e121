using System.Collections.Concurrent;
using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Publishing;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.HomeAssistant;

/// <summary>
/// Has devices announce themselves to Home Assistant, at the local broker and at each uplink where that is asked for: when the gateway starts,
/// when the maps change, and when a Home Assistant says that it has come up.
/// </summary>
/// <param name="options">The configuration.</param>
/// <param name="version">The gateway's version.</param>
/// <param name="broker">The local broker.</param>
/// <param name="logger">Is told when what was announced cannot be kept.</param>
internal sealed class HomeAssistantDiscovery(GatewayOptions options, string version, MqttBroker broker, ILogger logger) : IAsyncDisposable
{
    private const string LocalPlace = "local";

    private readonly DiscoveryMemory _memory = new(
        Path.Combine(options.Data, "home-assistant.json"),
        options.Uplinks.Select(uplink => KeyValuePair.Create(PlaceOf(uplink), uplink.Urls[0].ToString())).Prepend(KeyValuePair.Create(LocalPlace, "")).ToDictionary());
    private readonly ConcurrentDictionary<string, ApplicationMessage> _local = [];
    private readonly List<DiscoveryAnnouncer> _announcers = [];
    private IAsyncDisposable? _births;

    /// <summary>Whether anybody is told.</summary>
    public bool IsOn { get; } = options.Publish.HomeAssistantPrefix is not null || options.Uplinks.Any(uplink => uplink.Publish?.HomeAssistantPrefix is not null);

    /// <summary>The topic on which a Home Assistant says that it has come up.</summary>
    public static string BirthTopic(string prefix) => $"{prefix}/status";

    /// <summary>Whether a message says that a Home Assistant has come up.</summary>
    public static bool IsBirth(ApplicationMessage message, string? prefix) =>
        prefix is not null && message.Topic == BirthTopic(prefix) && message.Payload.Span.SequenceEqual("online"u8);

    /// <summary>Begins; nothing is told yet.</summary>
    /// <param name="uplinks">The uplinks, in the order of the configuration.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task StartAsync(IReadOnlyList<Uplink> uplinks, CancellationToken cancellationToken)
    {
        var local = options.Publish.AtLocalBroker();
        var topics = options.Uplinks.ToDictionary(uplink => new UplinkTopic(options.Site).NameOf(uplink.Name), uplink => uplink.Name);
        _announcers.Add(new DiscoveryAnnouncer(LocalPlace, options.Site, local, version, topics, SetLocally));
        foreach (var (uplink, link) in options.Uplinks.Zip(uplinks))
        {
            _announcers.Add(new DiscoveryAnnouncer(PlaceOf(uplink), options.Site, uplink.Publish ?? options.Publish, version, new Dictionary<string, string>(), link.SetState));
        }

        if (local.HomeAssistantPrefix is { } prefix)
        {
            _births = await broker.SubscribeAsync(BirthTopic(prefix), OnLocalMessageAsync, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The devices are these now. One call at a time.</summary>
    public void Announce(IReadOnlyList<BusDefinition> buses)
    {
        foreach (var announcer in _announcers)
        {
            announcer.Announce(buses, _memory);
        }

        try
        {
            _memory.Save();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.DiscoveryNotKept(logger, _memory.Path, exception.Message);
        }
    }

    public ValueTask DisposeAsync() => _births?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static string PlaceOf(UplinkOptions uplink) => $"uplink {uplink.Name}";

    private void SetLocally(string subject, IReadOnlyList<ApplicationMessage> messages)
    {
        foreach (var message in messages)
        {
            if (message.Payload.IsEmpty)
            {
                _local.TryRemove(subject, out _);
            }
            else
            {
                _local[subject] = message;
            }

            _ = broker.PublishAsync(message);
        }
    }

    private ValueTask OnLocalMessageAsync(ApplicationMessage message, CancellationToken cancellationToken)
    {
        if (IsBirth(message, options.Publish.HomeAssistantPrefix) && !message.Retain)
        {
            foreach (var told in _local.Values)
            {
                _ = broker.PublishAsync(told, cancellationToken);
            }
        }

        return ValueTask.CompletedTask;
    }
}
