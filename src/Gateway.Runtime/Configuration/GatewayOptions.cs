namespace Gateway.Runtime.Configuration;

/// <summary>What <c>gateway.yaml</c> says, validated, with its defaults. Immutable. Paths are as the file gives them, below the file's folder.</summary>
public sealed record GatewayOptions
{
    /// <summary>The first level of the topics. Default: the host name.</summary>
    public required string Site { get; init; }

    /// <summary>The folders and files that device maps are read from. Default: <c>devicemaps</c>, if it is there.</summary>
    public required IReadOnlyList<string> DeviceMaps { get; init; }

    /// <summary>The folder that holds the gateway's state. Default <c>/var/lib/gateway</c>.</summary>
    public required string Data { get; init; }

    /// <summary>Whether the machine's clock is believed whatever it says of itself. Default: no.</summary>
    public bool IsClockTrusted { get; init; }

    /// <summary>The uplinks, each of which gets every reading; none: the local broker is all there is.</summary>
    public IReadOnlyList<UplinkOptions> Uplinks { get; init; } = [];

    /// <summary>What is published, and how.</summary>
    public required PublishOptions Publish { get; init; }

    /// <summary>How the offline queue behaves.</summary>
    public required OfflineQueueOptions Queue { get; init; }

    /// <summary>The local broker.</summary>
    public required BrokerOptions Broker { get; init; }

    /// <summary>What passes between the local broker and the upstream one; null: nothing.</summary>
    public BridgeOptions? Bridge { get; init; }

    /// <summary>What other Modbus clients find here. Default: nothing.</summary>
    public IReadOnlyList<ServeOptions> Serve { get; init; } = [];

    /// <summary>Where metrics are sent. Default: nowhere.</summary>
    public MetricsOptions Metrics { get; init; } = new();

    /// <summary>The page.</summary>
    public required WebOptions Web { get; init; }
}
