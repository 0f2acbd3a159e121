using System.Net.Sockets;
using Gateway.Abstractions.Drivers;
using Gateway.Mqtt.Broker.Listeners;

namespace Gateway.Hosting;

/// <summary>Which gateway a service runs. Immutable.</summary>
internal sealed record GatewayServiceOptions
{
    /// <summary>The configuration.</summary>
    public required string ConfigurationPath { get; init; }

    /// <summary>The drivers that maps may name.</summary>
    public required IReadOnlyList<IDriver> Drivers { get; init; }

    /// <summary>What happens when broker or page cannot listen. Default: they are tried again, and the service goes on.</summary>
    public ListenerFailurePolicy WhenListenerFails { get; init; } = ListenerFailurePolicy.Retry;

    /// <summary>Sockets on which systemd listens for the local broker. Default: none.</summary>
    public IReadOnlyList<Socket> BrokerSockets { get; init; } = [];

    /// <summary>Where the page is while no configuration says. Default <c>http://127.0.0.1:8080</c>.</summary>
    public Uri DefaultPage { get; init; } = new("http://127.0.0.1:8080");

    /// <summary>Whether SIGHUP means to read the configuration again. Default true.</summary>
    public bool ReloadsOnHangUp { get; init; } = true;
}
