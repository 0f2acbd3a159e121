using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Listeners;

namespace Gateway.Runtime.Configuration;

/// <summary>The local broker. Immutable.</summary>
public sealed record BrokerOptions
{
    /// <summary>Where it listens, each with its port; empty: nowhere. Default <c>mqtt://127.0.0.1:1883</c>.</summary>
    public required IReadOnlyList<Uri> Listen { get; init; }

    /// <summary>The users file; null: there is none, and whoever is on this machine may connect.</summary>
    public string? UsersFile { get; init; }

    /// <summary>The access list; null: there is none, and every client may do everything.</summary>
    public string? AclFile { get; init; }

    /// <summary>The rules of <see cref="AclFile"/>; null without it.</summary>
    public IReadOnlyList<AclRule>? Acl { get; init; }

    /// <summary>What clients may take.</summary>
    public BrokerLimits Limits { get; init; } = new();

    /// <summary>How often the broker's own topics below <c>$SYS</c> are published; zero: there are none. Default 10 s.</summary>
    public TimeSpan SystemTopicsInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether payloads that are said to be text are checked. Default false.</summary>
    public bool ValidatesPayloadFormat { get; init; }

    /// <summary>Certificates of the mqtts and wss listeners; null: there are none, and no such listener.</summary>
    public ListenerTlsOptions? Tls { get; init; }

    /// <summary>Web pages that may connect besides those of this host. Default: no others.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];
}
