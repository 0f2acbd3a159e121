using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Transport;

namespace Gateway.Runtime.Configuration;

/// <summary>An uplink: one upstream broker, or several that stand in for each other. Immutable.</summary>
public sealed record UplinkOptions
{
    /// <summary>The name of one that was given none.</summary>
    public const string DefaultName = "uplink";

    /// <summary>What it is called, and by which its place in the queue is found again. Letters, digits and hyphens; unique. Default <c>uplink</c>.</summary>
    public string Name { get; init; } = DefaultName;

    /// <summary>Where it is: mqtt, mqtts, ws or wss, each with its port. At least one; several are tried in order.</summary>
    public required IReadOnlyList<Uri> Urls { get; init; }

    /// <summary>The version that is spoken. Default 5.0.</summary>
    public ProtocolVersion Protocol { get; init; } = ProtocolVersion.V50;

    /// <summary>The client identifier. Default: the site and <c>-gateway</c>.</summary>
    public required string ClientId { get; init; }

    /// <summary>The user name; null: none.</summary>
    public string? Username { get; init; }

    /// <summary>The password; null: none.</summary>
    public Secret? Password { get; init; }

    /// <summary>Whether user name and password are shown by SCRAM-SHA-256 instead of as they are; both are there then. Default false.</summary>
    public bool UsesScram { get; init; }

    /// <summary>Whether the password is an access token, which is shown as the user name: ThingsBoard's way. Default false.</summary>
    public bool UsesToken { get; init; }

    /// <summary>How messages are delivered. Default 1.</summary>
    public QualityOfService QoS { get; init; } = QualityOfService.AtLeastOnce;

    /// <summary>What is published there, and how; null: as the gateway does.</summary>
    public PublishOptions? Publish { get; init; }

    /// <summary>How long an earlier one of <see cref="Urls"/> must have answered until the gateway goes back to it; null: never. Default 5 min.</summary>
    public TimeSpan? FailBack { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long the broker may leave the oldest message unacknowledged. Default 30 s.</summary>
    public TimeSpan AcknowledgeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Refusals after which a message is parked, 1 to 100. Default 3.</summary>
    public int ParkAfter { get; init; } = 3;

    /// <summary>Hosts that a broker may send the gateway to, beside <see cref="Urls"/>: names, <c>*.example.org</c>, or <c>*</c>. Default none.</summary>
    public IReadOnlyList<string> FollowReferences { get; init; } = [];

    /// <summary>What mqtts and wss trust and show.</summary>
    public UplinkTlsOptions Tls { get; init; } = new();
}

/// <summary>What a TLS connection to the upstream broker trusts and shows. Immutable.</summary>
public sealed record UplinkTlsOptions
{
    /// <summary>A PEM file of the authorities to trust; null: those of the system.</summary>
    public string? CertificateAuthorityFile { get; init; }

    /// <summary>A PEM file with the gateway's certificate; null: none. Comes with <see cref="KeyFile"/>.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>A PEM file with the certificate's key; null: none.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The protocol to ask for by ALPN; null: none.</summary>
    public string? ApplicationProtocol { get; init; }

    /// <summary>The same for a client.</summary>
    public MqttTlsOptions ToClient() => new()
    {
        AuthorityFile = CertificateAuthorityFile,
        CertificateFile = CertificateFile,
        KeyFile = KeyFile,
        ApplicationProtocols = ApplicationProtocol is { } protocol ? [protocol] : [],
    };
}
