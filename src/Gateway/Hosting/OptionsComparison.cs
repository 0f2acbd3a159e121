using Gateway.Runtime.Configuration;

namespace Gateway.Hosting;

/// <summary>Whether two configurations ask for the same: what is the same need not restart.</summary>
internal static class OptionsComparison
{
    /// <summary>Whether the local broker is the same, but for what its users file and its access list say.</summary>
    public static bool IsSameBroker(BrokerOptions a, BrokerOptions b) =>
        a with { Listen = b.Listen, Origins = b.Origins, Acl = b.Acl } == b && a.Listen.SequenceEqual(b.Listen) && a.Origins.SequenceEqual(b.Origins);

    /// <summary>Whether the page is the same, but for what its users file says.</summary>
    public static bool IsSameWeb(WebOptions a, WebOptions b) => a with { Listen = b.Listen } == b && a.Listen.SequenceEqual(b.Listen);

    /// <summary>Whether the page is the same, but for how much it keeps of what values were.</summary>
    public static bool IsSameWebButHistory(WebOptions a, WebOptions b) => IsSameWeb(a with { HistoryBytes = b.HistoryBytes }, b);

    /// <summary>Whether the data path is the same, its maps apart.</summary>
    public static bool IsSameDataPath(GatewayOptions a, GatewayOptions b) =>
        a.Uplinks.Count == b.Uplinks.Count && a.Uplinks.Zip(b.Uplinks, IsSameUplink).All(isSame => isSame)
        && a with { DeviceMaps = b.DeviceMaps, Broker = b.Broker, Web = b.Web, Uplinks = b.Uplinks, Bridge = b.Bridge, Serve = b.Serve, Metrics = b.Metrics, IsClockTrusted = b.IsClockTrusted } == b;

    /// <summary>Whether the bridge is the same.</summary>
    public static bool IsSameBridge(BridgeOptions? a, BridgeOptions? b) => a is null || b is null
        ? a is null && b is null
        : IsSameUplink(a.Connection, b.Connection) && a.IsUplinkBroker == b.IsUplinkBroker && a.Topics.SequenceEqual(b.Topics);

    /// <summary>Whether a bridge that runs can go on without its queue being opened anew.</summary>
    public static bool IsSameBridgeQueue(GatewayOptions a, GatewayOptions b) =>
        a.Bridge is null || b.Bridge is null || (a.Site, a.Data, a.Queue, a.Publish) == (b.Site, b.Data, b.Queue, b.Publish) && a.Uplinks.Select(uplink => uplink.Publish).SequenceEqual(b.Uplinks.Select(uplink => uplink.Publish));

    private static bool IsSameUplink(UplinkOptions a, UplinkOptions b) =>
        a with { Urls = b.Urls, Password = b.Password, FollowReferences = b.FollowReferences } == b
        && a.Urls.SequenceEqual(b.Urls)
        && a.FollowReferences.SequenceEqual(b.FollowReferences)
        && a.Password?.Reveal() == b.Password?.Reveal();
}
